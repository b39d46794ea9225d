using System.Text.Json.Serialization;
using Backstay.Protocol.Admin;

namespace Backstay.Protocol.Agent;

/// <summary>Opens an upload session: <c>POST /agent/v1/backups/{id}/session</c>.</summary>
/// <param name="Instance">Random, made anew by every agent process: tells a retry from a restart.</param>
public sealed record OpenSession(Guid Instance, string AgentVersion);

/// <summary>
/// One attempt to send one archive. Only this answer carries what to include and the key to seal with. Everything after it goes
/// to <c>/agent/v1/backups/{id}/session/{attempt}/…</c> and is answered 409 once the attempt is closed.
/// </summary>
/// <param name="Attempt">1, 2, … A new attempt closes the one before it.</param>
/// <param name="Envelope">The OpenPGP packets that go in front of the sealed data, as they are.</param>
/// <param name="SessionKey">32 bytes for AES-256. Kept in memory only, never written, never logged.</param>
/// <param name="LeaseSeconds">The backup fails as <c>agent-lost</c> when no renewal, part or completion arrives for that long.</param>
/// <param name="ParallelParts">How many parts may be in flight, 1 to 16.</param>
public sealed record UploadSession(
    Guid BackupId,
    Guid ApplianceId,
    string ApplianceName,
    int Attempt,
    bool Logs,
    bool Audit,
    byte[] Envelope,
    byte[] SessionKey,
    PartPlan PartPlan,
    int ParallelParts,
    int LeaseSeconds,
    DateTimeOffset Deadline);

/// <summary>What the agent is at.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<BackupPhase>))]
public enum BackupPhase
{
    /// <summary>Accepted; the agent has not opened a session yet.</summary>
    Waiting,
    Planning,
    Collecting,
    /// <summary>Everything is collected; the last parts are on their way.</summary>
    Uploading,
    Completing,
}

/// <summary>Renews the lease and says how far the backup is: <c>POST …/lease</c>, at most once a second.</summary>
/// <param name="Message">What is happening, at most 500 characters: shown to people.</param>
public sealed record LeaseRenewal(
    BackupPhase Phase,
    long Files,
    long? FilesTotal,
    long Bytes,
    long? BytesTotal,
    string Message);

/// <summary>Ends the attempt well: <c>POST …/complete</c>. Idempotent: said again, answered again.</summary>
/// <param name="Parts">How many; they are numbered 1 to this, without a gap.</param>
/// <param name="Size">Bytes of the whole archive.</param>
/// <param name="Sha256">Of the whole archive, lower-case hex.</param>
public sealed record CompleteUpload(int Parts, long Size, string Sha256, UploadSummary Summary);

/// <summary>What is in the archive.</summary>
public sealed record UploadSummary(IReadOnlyList<SectionSummary> Sections, long Files, long Bytes, long Warnings, IReadOnlyList<string> FirstWarnings);

/// <param name="Name"><c>config</c>, <c>state</c>, <c>logs</c> or <c>audit</c>.</param>
/// <param name="Bytes">Before compression.</param>
public sealed record SectionSummary(string Name, long Files, long Bytes, long Warnings);

/// <summary>Ends the backup badly: <c>POST …/fail</c>. Idempotent.</summary>
/// <param name="Reason">What an agent can know: <c>source-failed</c>, <c>agent-restarted</c>, <c>cancelled</c>, <c>integrity</c>, <c>store-full</c>.</param>
/// <param name="Output">A text worth reading: what failed, and what to do. At most 16,384 characters.</param>
public sealed record FailBackup(FailureReason Reason, string Message, string Output);
