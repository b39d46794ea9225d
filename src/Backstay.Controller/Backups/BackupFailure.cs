using Backstay.Protocol.Admin;

namespace Backstay.Controller.Backups;

/// <summary>Why a backup failed, for a machine and for a person.</summary>
/// <param name="Message">One line.</param>
/// <param name="Output">What happened and what to do: clients show it as it is.</param>
internal sealed record BackupFailure(FailureReason Reason, string Message, string Output)
{
    public const int MaxMessage = 500;
    public const int MaxOutput = 16_384;

    public static BackupFailure AgentLost(TimeSpan lease) => new(
        FailureReason.AgentLost,
        "The agent was lost.",
        $"Nothing was heard of the agent for {Seconds(lease)}. The appliance may be down, its network cut, or the agent stopped: "
        + "look at 'systemctl status backstay-agent' and its journal there. A new backup can be started as soon as the appliance is online.");

    public static BackupFailure NeverPickedUp(TimeSpan pickUp) => new(
        FailureReason.AgentLost,
        "The agent never began this backup.",
        $"The agent was online when the backup was asked for, but did not begin it within {Seconds(pickUp)}. Look at the agent's "
        + "journal on the appliance, and at the network between it and the controller; then start a new backup.");

    public static BackupFailure AgentRestarted() => new(
        FailureReason.AgentRestarted,
        "The agent was restarted during the backup.",
        "The agent process that made this backup is gone; a new one has taken its place and can't go on where the old one stopped. "
        + "If nobody restarted it, its journal on the appliance says why it ended. Start a new backup.");

    public static BackupFailure StoreFull(string detail) => new(
        FailureReason.StoreFull,
        "The archive store is full.",
        $"There was no room left for this archive on the controller: {detail} Archives that were stored before are intact. Delete "
        + "backups that aren't needed or give the store more room, then start a new backup.");

    public static BackupFailure StoreFailed(string detail) => new(
        FailureReason.StoreFailed,
        "The archive store failed.",
        $"The controller could not store the archive: {detail} Archives that were stored before have not been touched. Look at the "
        + "controller's log and at the disk below its store, then start a new backup.");

    public static BackupFailure OtherBytes() => new(
        FailureReason.Integrity,
        "The archive store gave back other bytes than were sent.",
        "Every part arrived whole, but what the store gives back of the archive has not the SHA-256 that the agent sealed. Nothing was kept "
        + "of it. Archives that were stored before have not been touched, but the store is not to be trusted: check its disks and memory, "
        + "and verify what it holds. Then start a new backup.");

    public static BackupFailure Cancelled(string by) => new(
        FailureReason.Cancelled,
        "The backup was cancelled.",
        $"The backup was cancelled by {by} before it had ended. Nothing was kept of it.");

    public static BackupFailure Replaced(string by) => new(
        FailureReason.Cancelled,
        "The appliance was replaced.",
        $"{by} let another machine take the place of this appliance while its agent made this backup; the old agent was locked out. "
        + "Nothing was kept of it. Enrol the new machine, then start a new backup.");

    public static BackupFailure Deactivated(string by) => new(
        FailureReason.Cancelled,
        "The appliance was deactivated.",
        $"{by} deactivated this appliance while its agent made this backup; the agent was locked out. Nothing was kept of it. To back the "
        + "appliance up again, enrol an agent for it with a new seed.");

    public static BackupFailure DeadlineExceeded(TimeSpan deadline) => new(
        FailureReason.DeadlineExceeded,
        "The backup took too long.",
        $"The backup had not ended after {Hours(deadline)}, the limit on this controller (Backups:Deadline). The agent was alive: back "
        + "up less, give it a faster network, or raise the limit; then start a new backup.");

    public static BackupFailure WaitedTooLong(TimeSpan wait) => new(
        FailureReason.DeadlineExceeded,
        "The backup waited too long for its turn.",
        $"The backup could not begin within {Hours(wait)} (Backups:MaxWait), as others took all places (Backups:MaxParallel in all, "
        + "Backups:MaxParallelPerController on each controller). Spread the backups over more time, raise these limits, or add a "
        + "controller; then start a new backup.");

    public static BackupFailure TooLarge(long limit) => new(
        FailureReason.SourceFailed,
        "The archive is too large.",
        $"The appliance sends more than the {limit} bytes that this controller takes for one archive (Backups:MaxArchiveSize). Exclude "
        + "what need not be backed up on the appliance, or raise the limit; then start a new backup.");

    public static BackupFailure ControllerFailed(string detail) => new(
        FailureReason.ControllerFailed,
        "The controller could not go on with the backup.",
        $"The fault is on the controller: {detail} Its log has more. Start a new backup once that is put right.");

    /// <summary>What the agent said; where it said nothing, a sentence that fits the reason.</summary>
    public static BackupFailure ByAgent(FailureReason reason, string? message, string? output)
    {
        var (shortly, atLength) = reason switch
        {
            FailureReason.SourceFailed => (
                "A source could not be collected.",
                "The agent could not collect a source that its configuration requires. Its journal on the appliance names it."),
            FailureReason.Integrity => (
                "The bytes that arrived were not those that were sent.",
                "Bytes were altered between agent and controller, again and again: suspect the memory or the network in between."),
            FailureReason.StoreFull => ("The archive store is full.", StoreFull("the agent was told so.").Output),
            FailureReason.Cancelled => ("The backup was cancelled.", "The backup was cancelled on the appliance."),
            FailureReason.AgentRestarted => ("The agent was stopped during the backup.", AgentRestarted().Output),
            _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "Agents can't know of this."),
        };
        return new(
            reason,
            AgentText.Line(message, MaxMessage) is { Length: > 0 } said ? said : shortly,
            AgentText.Lines(output, MaxOutput) is { Length: > 0 } told ? told : atLength);
    }

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0} seconds";

    private static string Hours(TimeSpan time) => time < TimeSpan.FromHours(1) ? $"{time.TotalMinutes:0} minutes" : $"{time.TotalHours:0.#} hours";
}
