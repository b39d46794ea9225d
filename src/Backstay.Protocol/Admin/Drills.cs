using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>
/// A machine that restores archives for practice. An ordinary appliance, whose agent also has a <c>drill</c> section in its own
/// configuration. PUT sends the whole object.
/// </summary>
/// <param name="ApplianceId">Read only: which appliance it is.</param>
/// <param name="Name">Read only: the appliance's.</param>
/// <param name="Appliances">Whose archives it may read, one drill at a time. Required.</param>
/// <param name="EveryDays">
/// The newest good backup of each of them is drilled at least this often: 1 to 365 days. Without it, only what is asked for.
/// </param>
/// <param name="InForce">
/// Read only. False: the appliance was enrolled anew since, and the right belonged to the machine that it was; say it again.
/// </param>
/// <param name="Online">Read only: its agent is connected.</param>
/// <param name="MadeBy">Read only: who said so last.</param>
public sealed record DrillMachine(
    Guid? ApplianceId = null,
    string? Name = null,
    ApplianceSelection? Appliances = null,
    int? EveryDays = null,
    bool? InForce = null,
    bool? Online = null,
    string? MadeBy = null,
    DateTimeOffset? Created = null,
    DateTimeOffset? Updated = null);

/// <summary>How a drill is. The catalog stores the number.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<DrillState>))]
public enum DrillState
{
    /// <summary>For a drill machine; <see cref="Drill.Message"/> says why, when one has tried.</summary>
    Waiting = 0,

    Running = 1,

    /// <summary>The archive was restored, every SHA-256 in it was right, and every check ended with 0.</summary>
    Passed = 2,

    /// <summary>The archive is damaged, or a check did not end with 0.</summary>
    Failed = 3,

    /// <summary>It was given up: no drill machine was able to. That says nothing about the archive.</summary>
    CouldNot = 4,

    /// <summary>Somebody said that it isn't wanted any more. That says nothing about the archive.</summary>
    Cancelled = 5,
}

/// <summary>One backup restored for practice.</summary>
/// <param name="ApplianceId">Whose backup it is.</param>
/// <param name="MachineId">The drill machine that has it, or had it last.</param>
/// <param name="RequestedBy">A user, or <c>schedule</c>.</param>
/// <param name="Attempt">How many times a machine has begun it.</param>
/// <param name="NextTry">When it may begin; only while it waits.</param>
/// <param name="Message">What is happening, or how it ended.</param>
/// <param name="Files">Files whose SHA-256 was checked.</param>
/// <param name="Bytes">Of those.</param>
/// <param name="Checks">The check commands in the order they ran.</param>
public sealed record Drill(
    Guid Id,
    Guid BackupId,
    Guid ApplianceId,
    string ApplianceName,
    DrillState State,
    Guid? MachineId,
    string? MachineName,
    string RequestedBy,
    DateTimeOffset Created,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    int Attempt,
    DateTimeOffset? NextTry,
    string? Message,
    long? Files,
    long? Bytes,
    IReadOnlyList<DrillCheck> Checks);

/// <summary>One check command of a drill.</summary>
/// <param name="Name">As the drill machine's configuration calls it.</param>
/// <param name="Passed">It ended in time, and with 0.</param>
/// <param name="ExitCode">Null: it could not be started, or was stopped when its time was over.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="Output">The end of what it wrote, stdout and stderr together: at most 4,096 characters.</param>
/// <param name="Obstacle">Null: it has a result. Otherwise why it has none, which says nothing about the backup.</param>
public sealed record DrillCheck(string Name, bool Passed, int? ExitCode, double Seconds, string Output, string? Obstacle = null);
