using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>
/// How old the newest backup of some appliances may be: their recovery point objective. Where several objectives select an appliance, the
/// strictest counts. PUT sends the whole object.
/// </summary>
/// <param name="Id">Set by the controller when left out.</param>
/// <param name="Name">Required, unique, 1 to 128 characters.</param>
/// <param name="Appliances">Whose backups. Of the default objective it means nothing: that one is for appliances that no other selects.</param>
/// <param name="GoodWithinHours">How old the newest good backup may be: one that succeeded and isn't damaged. 1 to 87,600 hours.</param>
/// <param name="ProvenWithinHours">How old the newest proven backup may be: a good one whose content was verified, or that was restored in a
/// drill. 1 to 87,600 hours.</param>
/// <param name="IsDefault">Read only: the one objective for appliances that no other selects. It can be changed and not deleted; without
/// hours it asks for nothing.</param>
public sealed record BackupObjective(
    Guid? Id,
    string? Name,
    string? Notes = null,
    ApplianceSelection? Appliances = null,
    int? GoodWithinHours = null,
    int? ProvenWithinHours = null,
    bool IsDefault = false,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null);

/// <summary>How an appliance stands to its objectives.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ProtectionState>))]
public enum ProtectionState
{
    /// <summary>A backup that the objective asks for is missing.</summary>
    Overdue,

    /// <summary>The objective is met.</summary>
    Protected,

    /// <summary>Nobody asks for backups of it.</summary>
    NoObjective,

    /// <summary>Not activated: it can't be backed up, and isn't overdue.</summary>
    Inactive,
}

/// <summary>How well one appliance is protected.</summary>
/// <param name="Reason">What is wrong, when it is overdue.</param>
/// <param name="OverdueAt">When it becomes overdue without another backup, or became it; null when nothing asks for one.</param>
/// <param name="LastGood">When the newest good backup was asked for.</param>
/// <param name="GoodAgeSeconds">How long ago that is, by the controller's clock.</param>
/// <param name="GoodWithinHours">The objective for it.</param>
/// <param name="LastProven">When the newest proven backup was asked for.</param>
/// <param name="Objectives">The names of those that apply.</param>
/// <param name="LastResult">How the last backup that ended did; null before the first.</param>
/// <param name="LastReason">Why it failed.</param>
/// <param name="NextRun">When the next backup by a schedule is due, in UTC; null when there is none.</param>
public sealed record FleetMember(
    Guid ApplianceId,
    string ApplianceName,
    string? SiteName,
    IReadOnlyList<string> Tags,
    ProtectionState State,
    string? Reason,
    DateTimeOffset? OverdueAt,
    DateTimeOffset? LastGood,
    long? GoodAgeSeconds,
    int? GoodWithinHours,
    DateTimeOffset? LastProven,
    long? ProvenAgeSeconds,
    int? ProvenWithinHours,
    IReadOnlyList<string> Objectives,
    BackupResult? LastResult,
    FailureReason? LastReason,
    DateTimeOffset? LastEnded,
    DateTimeOffset? NextRun);

/// <summary>The answer of <c>GET /fleet</c>: a page of the fleet, worst first, and how the whole of what was asked for stands.</summary>
/// <param name="Counts">Of all pages, whatever <c>state</c> was asked for.</param>
public sealed record Fleet(
    IReadOnlyList<FleetMember> Data,
    string Range,
    string OrderBy,
    bool Descending,
    IReadOnlyList<string> Queries,
    int TotalCount,
    IReadOnlyList<string> FilterBy,
    FleetCounts Counts);

/// <summary>How many appliances there are of each state.</summary>
public sealed record FleetCounts(int Overdue, int Protected, int NoObjective, int Inactive);
