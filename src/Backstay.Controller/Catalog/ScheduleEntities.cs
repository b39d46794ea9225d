using Backstay.Controller.Schedules;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>When appliances are backed up without being asked.</summary>
internal sealed class BackupScheduleEntity
{
    public required Guid Id { get; init; }

    /// <summary>Unique, letter case ignored.</summary>
    public required string Name { get; set; }

    public string? Notes { get; set; }

    public required string Cron { get; set; }

    /// <summary>An IANA name.</summary>
    public required string TimeZone { get; set; }

    /// <summary>Kept as JSON.</summary>
    public required ApplianceSelection Appliances { get; set; }

    public bool Logs { get; set; }

    public bool Audit { get; set; }

    public int SpreadMinutes { get; set; }

    public int WindowMinutes { get; set; }

    public bool CatchUp { get; set; }

    public bool Paused { get; set; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }

    /// <summary>When it is told again that it can't be followed; null: it was never told, or it was changed since.</summary>
    public DateTimeOffset? NextTelling { get; set; }
}

/// <summary>
/// What is known of one schedule's runs for one appliance that takes part. It changes by compare-and-set on <see cref="Since"/>,
/// <see cref="State"/> and <see cref="Due"/>, in the transaction that stores the backup: however many controllers see a run come due, it
/// begins once.
/// </summary>
internal sealed class ScheduledApplianceEntity
{
    public required Guid ScheduleId { get; init; }

    public required Guid ApplianceId { get; init; }

    public required DateTimeOffset Since { get; set; }

    public ScheduledRunState? State { get; set; }

    public DateTimeOffset? Due { get; set; }

    public DateTimeOffset? WindowUntil { get; set; }

    public int MissedInARow { get; set; }

    /// <summary>The backup that the last run began or was served by. It may be gone.</summary>
    public Guid? BackupId { get; set; }

    /// <summary>Why it waits, or was missed.</summary>
    public string? Message { get; set; }

    /// <summary>Nothing new comes due before this: a hint for the database, so that it finds what does.</summary>
    public required DateTimeOffset NextLook { get; set; }

    public RunRecord Record => new(Since, State, Due, WindowUntil, MissedInARow);
}
