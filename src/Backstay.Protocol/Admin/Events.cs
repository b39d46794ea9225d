using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>What an event tells of. The numbers are stored; the words are noun and fact: <c>backup.failed</c>, <c>store.nearly-full</c>.</summary>
[JsonConverter(typeof(DottedEnumConverter<EventKind>))]
public enum EventKind
{
    /// <summary>A backup ended badly.</summary>
    BackupFailed = 1,

    /// <summary>The newest good or proven backup of an appliance is older than its objective. Told again daily while it is so.</summary>
    BackupOverdue = 2,

    /// <summary>An appliance that was overdue is no more.</summary>
    BackupRecovered = 3,

    /// <summary>The stored bytes of a backup aren't those that were sealed, are gone, or don't give back what was backed up.</summary>
    BackupDamaged = 4,

    /// <summary>A verification of a backup didn't pass.</summary>
    VerificationFailed = 5,

    /// <summary>A run of a schedule didn't begin within its window.</summary>
    ScheduleMissed = 6,

    /// <summary>A public key that archives are sealed to expires soon, or has expired.</summary>
    KeyExpiring = 7,

    /// <summary>The store has little room left.</summary>
    StoreNearlyFull = 8,

    /// <summary>An archive could not be read for a day, while others could. Told again daily while it is so.</summary>
    BackupUnreadable = 9,

    /// <summary>A controller's clock isn't believed: it prunes nothing, and no lock ends. Told again daily while it is so.</summary>
    RetentionStopped = 11,

    /// <summary>No drill machine was able to do a drill in time.</summary>
    DrillGivenUp = 12,

    /// <summary>A schedule can't be followed, as its time zone isn't known. Told again daily while it is so.</summary>
    ScheduleStopped = 13,
}

/// <summary>Something that happened and that people want to be told of.</summary>
/// <param name="ApplianceId">The appliance it is about; it may be gone.</param>
/// <param name="ApplianceName">Null when it is gone.</param>
/// <param name="BackupId">The backup it is about; it may be gone.</param>
/// <param name="Message">What is wrong, and what to do.</param>
public sealed record Event(
    Guid Id,
    DateTimeOffset Time,
    EventKind Kind,
    Guid? ApplianceId,
    string? ApplianceName,
    Guid? BackupId,
    string Message);

/// <summary>A URL that gets events, as signed POSTs that are tried again for a day. PUT sends the whole object.</summary>
/// <param name="Id">Set by the controller when left out.</param>
/// <param name="Name">Required, unique, 1 to 128 characters.</param>
/// <param name="Url">Required: absolute http(s), to an address that may be notified.</param>
/// <param name="Kinds">Which events; all, when left out or empty.</param>
/// <param name="Paused">It gets none of the events that happen meanwhile.</param>
public sealed record EventEndpoint(
    Guid? Id,
    string? Name,
    string? Url = null,
    IReadOnlyList<EventKind>? Kinds = null,
    bool Paused = false,
    string? Notes = null,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null);

/// <summary>The body that an endpoint gets.</summary>
/// <param name="Type">The event's kind, or <c>event.test</c>.</param>
/// <param name="Timestamp">When it happened.</param>
public sealed record EventNotification(string Type, DateTimeOffset Timestamp, EventNotificationData Data)
{
    public const string Test = "event.test";
}

/// <summary>What happened to what.</summary>
public sealed record EventNotificationData(Guid EventId, Guid? ApplianceId, string? ApplianceName, Guid? BackupId, string Message);
