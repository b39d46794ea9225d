using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>When appliances are backed up without being asked. PUT sends the whole object.</summary>
/// <param name="Name">Required, unique, 1 to 128 characters.</param>
/// <param name="Cron">Five fields (minute, hour, day of month, month, day of week), or <c>@hourly</c>, <c>@daily</c>, <c>@weekly</c>,
/// <c>@monthly</c>, <c>@yearly</c>.</param>
/// <param name="TimeZone">An IANA name (<c>Europe/Berlin</c>); the clock that the expression is read by. UTC when left out.</param>
/// <param name="Appliances">Required.</param>
/// <param name="Logs">Whether the backups have the syslog.</param>
/// <param name="Audit">Whether the backups have the audit logs.</param>
/// <param name="SpreadMinutes">Each appliance begins at a moment of its own, the same every time, within so many minutes. 0 to 1,440.</param>
/// <param name="WindowMinutes">How long after its time a run may still begin. 1 to 10,080.</param>
/// <param name="CatchUp">Whether the newest run that no controller was there to start is made up for when its window is over, too.</param>
/// <param name="Paused">Nothing begins by itself; <c>…/run</c> works.</param>
/// <param name="NextRun">Read only: the next time, in the schedule's zone; null while paused, and with a <paramref name="Problem"/>.</param>
/// <param name="Waiting">Read only: how many appliances have a run that waits for them.</param>
/// <param name="Missed">Read only: how many appliances missed their last run.</param>
/// <param name="Problem">Read only: why the controller that was asked can't read the schedule, so that nothing begins by it there.</param>
public sealed record BackupSchedule(
    Guid? Id,
    string? Name,
    string? Cron = null,
    string? TimeZone = null,
    ApplianceSelection? Appliances = null,
    bool Logs = false,
    bool Audit = false,
    int SpreadMinutes = 0,
    int WindowMinutes = BackupSchedule.DefaultWindowMinutes,
    bool CatchUp = false,
    bool Paused = false,
    string? Notes = null,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null,
    DateTimeOffset? NextRun = null,
    int? Waiting = null,
    int? Missed = null,
    string? Problem = null)
{
    public const int DefaultWindowMinutes = 240;
}

/// <summary>The next runs of a schedule, ten at most.</summary>
/// <param name="Appliances">How many appliances take part now: selected, and activated.</param>
/// <param name="Problem">Why there are none: as in <see cref="BackupSchedule"/>.</param>
public sealed record UpcomingRuns(IReadOnlyList<UpcomingRun> Runs, int Appliances, string? Problem = null);

/// <summary>One run to come.</summary>
/// <param name="Time">When it comes due, in the schedule's zone.</param>
/// <param name="SpreadUntil">By then it is due for every appliance.</param>
/// <param name="WindowUntil">No appliance begins it after this.</param>
public sealed record UpcomingRun(DateTimeOffset Time, DateTimeOffset SpreadUntil, DateTimeOffset WindowUntil);

/// <summary>The answer to <c>POST …/run</c>.</summary>
/// <param name="Appliances">For how many appliances a run is due now.</param>
public sealed record RunAccepted(int Appliances);

/// <summary>How a schedule stands with one appliance.</summary>
/// <param name="State">What became of the last run; null before the first.</param>
/// <param name="Due">When that run was due for this appliance.</param>
/// <param name="WindowUntil">How long it could or can begin.</param>
/// <param name="BackupId">The backup that it began, or that it was served by.</param>
/// <param name="MissedInARow">Runs missed since the last that wasn't.</param>
/// <param name="Message">Why it waits, or was missed.</param>
/// <param name="NextDue">When the next one is due for this appliance; null while the schedule is paused, or can't be read.</param>
public sealed record ScheduledAppliance(
    Guid ApplianceId,
    string ApplianceName,
    ScheduledRunState? State,
    DateTimeOffset? Due,
    DateTimeOffset? WindowUntil,
    Guid? BackupId,
    int MissedInARow,
    string? Message,
    DateTimeOffset? NextDue);

/// <summary>What became of a run of a schedule for one appliance. The numbers are stored.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ScheduledRunState>))]
public enum ScheduledRunState
{
    /// <summary>It is due, and begins as soon as it can within its window.</summary>
    Waiting = 1,

    /// <summary>It began a backup.</summary>
    Started = 2,

    /// <summary>A backup was under way that has all that this one would have had.</summary>
    Served = 3,

    /// <summary>It didn't begin within its window.</summary>
    Missed = 4,
}
