using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>The right of one appliance, as it is enrolled now, to read archives for drills.</summary>
internal sealed class DrillMachineEntity
{
    public required Guid ApplianceId { get; init; }

    /// <summary>
    /// Of the enrolment that the right was given to: whoever enrols as that appliance later, with a new seed, doesn't have it.
    /// </summary>
    public required byte[] CredentialHash { get; set; }

    /// <summary>Whose archives. Kept as JSON.</summary>
    public required ApplianceSelection Appliances { get; set; }

    /// <summary>Null: only what is asked for.</summary>
    public int? EveryDays { get; set; }

    public required string MadeBy { get; set; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }

    /// <summary>Nothing is looked for that is due by itself before this.</summary>
    public required DateTimeOffset NextLook { get; set; }
}

/// <summary>
/// One drill. <see cref="State"/>, <see cref="Attempt"/> and <see cref="MachineId"/> change only by compare-and-set; a unique partial index
/// allows one unfinished drill a backup. It outlives its backup: that it was drilled stays true.
/// </summary>
internal sealed class DrillEntity
{
    public required Guid Id { get; init; }

    /// <summary>The backup may be gone.</summary>
    public required Guid BackupId { get; init; }

    public required DateTimeOffset BackupCreated { get; init; }

    public required Guid ApplianceId { get; init; }

    public required DrillState State { get; set; }

    /// <summary>A user, or <c>schedule</c>.</summary>
    public required string RequestedBy { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When the attempt in force, or the last one, began.</summary>
    public DateTimeOffset? Started { get; set; }

    public DateTimeOffset? Ended { get; set; }

    /// <summary>While it waits: not to be taken before.</summary>
    public required DateTimeOffset NextTry { get; set; }

    /// <summary>The attempt in force, or the last one; 0 before the first.</summary>
    public int Attempt { get; set; }

    /// <summary>The drill machine that has it, or had it last. It may be gone.</summary>
    public Guid? MachineId { get; set; }

    /// <summary>While it runs: after this another machine may take it.</summary>
    public DateTimeOffset? LeaseUntil { get; set; }

    public string? Message { get; set; }

    public long? Files { get; set; }

    public long? Bytes { get; set; }

    /// <summary>Kept as JSON.</summary>
    public List<DrillCheck> Checks { get; set; } = [];
}
