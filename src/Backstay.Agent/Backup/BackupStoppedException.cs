using Backstay.Protocol.Admin;

namespace Backstay.Agent.Backup;

/// <summary>A backup that doesn't go on. Thrown by a stage, answered by <see cref="BackupRun"/>.</summary>
internal sealed class BackupStoppedException : Exception
{
    private BackupStoppedException(FailureReason? reason, string message, string output, Exception? inner)
        : base(message, inner) => (Reason, Output) = (reason, output);

    /// <summary>Null if the controller knows already, or isn't ours any more: nothing is left to say to it.</summary>
    public FailureReason? Reason { get; }

    /// <summary>What failed and what to do, for people.</summary>
    public string Output { get; }

    /// <summary>The controller has ended it.</summary>
    public static BackupStoppedException Ended(string message) => new(null, message, "", null);

    /// <summary>We end it.</summary>
    public static BackupStoppedException Failed(FailureReason reason, string message, string? output = null, Exception? inner = null) =>
        new(reason, message, string.IsNullOrWhiteSpace(output) ? message : $"{message}\n\n{output}", inner);
}

/// <summary>How a run ended, as far as the agent knows.</summary>
internal enum BackupOutcome
{
    /// <summary>Acknowledged as a success.</summary>
    Succeeded,

    /// <summary>Failed by us, and the controller was told.</summary>
    Failed,

    /// <summary>Over without us: cancelled, expired, taken over, or never ours.</summary>
    Ended,
}
