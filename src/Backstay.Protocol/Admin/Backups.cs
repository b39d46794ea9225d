using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>The body of <c>POST /appliances/{id}/backup</c>; optional as a whole, each field optional.</summary>
/// <param name="Logs">Include syslog.</param>
/// <param name="Audit">Include the audit logs.</param>
/// <param name="NotifyUrl">Absolute http(s) URL that gets a POST when the backup has ended.</param>
public sealed record BackupRequest(bool? Logs = null, bool? Audit = null, string? NotifyUrl = null);

/// <summary>The answer: the id to poll.</summary>
public sealed record BackupAccepted(Guid Id);

[JsonConverter(typeof(CamelCaseEnumConverter<BackupStatusWord>))]
public enum BackupStatusWord
{
    Processing,
    Done,
}

[JsonConverter(typeof(CamelCaseEnumConverter<BackupResult>))]
public enum BackupResult
{
    Success,
    Failure,
}

/// <summary>The answer of <c>GET …/status</c>.</summary>
/// <param name="Result">Only when done.</param>
/// <param name="Message">What is happening inside, shown live by clients; from peer version 18 on.</param>
/// <param name="Output">On failure: a text worth reading.</param>
/// <param name="Encoding"><c>utf-8</c> or <c>base64</c>, how <paramref name="Output"/> is written.</param>
public sealed record BackupStatus(
    BackupStatusWord Status,
    BackupResult? Result = null,
    string? Message = null,
    string? Output = null,
    string? Encoding = null);

/// <summary>Why a backup failed. The vocabulary is closed and names the culprit.</summary>
[JsonConverter(typeof(KebabCaseEnumConverter<FailureReason>))]
public enum FailureReason
{
    /// <summary>The lease ran out: nothing was heard of the agent.</summary>
    AgentLost,
    /// <summary>The agent came back as a new process and knows nothing of this backup.</summary>
    AgentRestarted,
    /// <summary>A source that is required could not be collected.</summary>
    SourceFailed,
    StoreFull,
    StoreFailed,
    Cancelled,
    DeadlineExceeded,
    /// <summary>Bytes that arrived are not the bytes that were sent.</summary>
    Integrity,
    ControllerFailed,
}

/// <summary>What is known about the stored bytes of a backup.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<VerificationState>))]
public enum VerificationState
{
    /// <summary>Not looked at since it was stored.</summary>
    Pending,
    /// <summary>The stored bytes have the recorded SHA-256.</summary>
    Verified,
    /// <summary>The stored bytes are not the ones that were sealed, or are gone, or don't give back what was backed up.</summary>
    Damaged,
}

/// <summary>How far an unfinished backup is.</summary>
/// <param name="Phase">A word of <see cref="Agent.BackupPhase"/>.</param>
/// <param name="FilesTotal">Estimated; null until the agent has planned.</param>
/// <param name="BytesTotal">Estimated, before compression; null until the agent has planned.</param>
public sealed record BackupProgress(
    Agent.BackupPhase Phase,
    long Files,
    long? FilesTotal,
    long Bytes,
    long? BytesTotal);

/// <summary>A backup in <c>GET /backups</c> and <c>GET /appliances/{id}/backups</c>.</summary>
/// <param name="Attempt">How many times an agent has begun to send it.</param>
/// <param name="Size">Bytes of the sealed archive.</param>
/// <param name="Sha256">Of the sealed archive, lower-case hex.</param>
/// <param name="Files">Regular files in the archive.</param>
/// <param name="Warnings">How many things could not be collected as they should.</param>
/// <param name="Verified">When the stored bytes were last looked at, in whatever way.</param>
/// <param name="ContentVerified">When all of its content was last found good.</param>
/// <param name="Drilled">When it was last restored for practice and found good.</param>
/// <param name="Hold">It can't be deleted until this is released.</param>
/// <param name="Lock">It can't be deleted before the end of this; when that has passed it means nothing any more.</param>
/// <param name="Keys">Each of these alone opens the archive; null before its upload begins, and of backups from before keys were recorded.</param>
/// <param name="Sections">What the archive holds, by section; null of backups that left none.</param>
/// <param name="FirstWarnings">At most 20 of the warnings, a line of at most 500 characters each; null of backups that left no archive. The archive's
/// own <c>backstay/summary.json</c> has more.</param>
public sealed record Backup(
    Guid Id,
    Guid ApplianceId,
    string ApplianceName,
    BackupStatusWord Status,
    BackupResult? Result,
    FailureReason? Reason,
    string? Message,
    string? Output,
    bool Logs,
    bool Audit,
    string? NotifyUrl,
    string RequestedBy,
    DateTimeOffset Created,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    int Attempt,
    BackupProgress? Progress,
    long? Size,
    string? Sha256,
    long? Files,
    long? Warnings,
    VerificationState? Verification,
    DateTimeOffset? Verified,
    BackupHold? Hold = null,
    BackupLock? Lock = null,
    DateTimeOffset? ContentVerified = null,
    DateTimeOffset? Drilled = null,
    IReadOnlyList<OpeningKey>? Keys = null,
    IReadOnlyList<Agent.SectionSummary>? Sections = null,
    IReadOnlyList<string>? FirstWarnings = null);
