using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Catalog;

/// <summary>
/// One run for one appliance. <see cref="State"/> and <see cref="Attempt"/> change only by compare-and-set statements; a unique
/// partial index allows one unfinished backup an appliance.
/// </summary>
internal sealed class BackupEntity
{
    public required Guid Id { get; init; }

    public required Guid ApplianceId { get; init; }

    public required BackupState State { get; set; }

    public required bool Logs { get; init; }

    public required bool Audit { get; init; }

    public string? NotifyUrl { get; init; }

    public required string RequestedBy { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When it could begin; null: it waits for its turn. Set once, by a compare-and-set statement.</summary>
    public DateTimeOffset? Admitted { get; set; }

    /// <summary>The controller that admitted it, and whose limit it counts against.</summary>
    public Guid? AdmittedBy { get; set; }

    public DateTimeOffset? Started { get; set; }

    public DateTimeOffset? Ended { get; set; }

    /// <summary>The sweep fails an unfinished backup whose lease is over (<c>agent-lost</c>). Of one that waits: its <see cref="Deadline"/>.</summary>
    public required DateTimeOffset LeaseUntil { get; set; }

    /// <summary>
    /// The sweep fails an unfinished backup after this (<c>deadline-exceeded</c>), however alive its agent is. Until it is admitted this is
    /// the end of its waiting.
    /// </summary>
    public required DateTimeOffset Deadline { get; set; }

    /// <summary>The upload session in force; 0 before the first.</summary>
    public int Attempt { get; set; }

    /// <summary>The agent process that opened it.</summary>
    public Guid? AgentInstance { get; set; }

    public string? AgentVersion { get; set; }

    public BackupPhase Phase { get; set; }

    public long Files { get; set; }

    public long? FilesTotal { get; set; }

    public long Bytes { get; set; }

    public long? BytesTotal { get; set; }

    public string? Message { get; set; }

    public FailureReason? Reason { get; set; }

    /// <summary>A text worth reading, when the backup failed.</summary>
    public string? Output { get; set; }

    /// <summary>The session key, protected; null until the agent has opened its first session, and once the backup has ended.</summary>
    public byte[]? ProtectedSessionKey { get; set; }

    /// <summary>The packets in front of the sealed data; empty until the agent has opened its first session.</summary>
    public required byte[] Envelope { get; set; }

    /// <summary>
    /// What opens the archive (JSON of a list of <see cref="OpeningKey"/>); null until there is an envelope, and of backups from before keys
    /// were recorded.
    /// </summary>
    public string? Keys { get; set; }

    public int? Parts { get; set; }

    public long? Size { get; set; }

    /// <summary>Of the sealed archive: 32 bytes.</summary>
    public byte[]? Sha256 { get; set; }

    /// <summary>What is in the archive, as the agent said it (JSON of <see cref="UploadSummary"/>).</summary>
    public string? Summary { get; set; }

    public long? ArchiveFiles { get; set; }

    public long? Warnings { get; set; }

    public VerificationState? Verification { get; set; }

    /// <summary>When its stored bytes were last looked at, in whatever way.</summary>
    public DateTimeOffset? Verified { get; set; }

    /// <summary>When all of its content was last found good.</summary>
    public DateTimeOffset? ContentVerified { get; set; }

    /// <summary>When it was last restored for practice, and found good.</summary>
    public DateTimeOffset? Drilled { get; set; }

    /// <summary>What found the damage; null: it isn't damaged.</summary>
    public VerificationStrength? DamageFoundBy { get; set; }

    /// <summary>
    /// When it was deleted. The row hides from then on and goes once the store has let go of the archive: a crash between the two
    /// leaves a row that a sweep finishes, never an archive that nobody knows of.
    /// </summary>
    public DateTimeOffset? Deleted { get; set; }

    /// <summary>Who holds it; null: nobody. What is held isn't deleted.</summary>
    public string? HeldBy { get; set; }

    public string? HoldReason { get; set; }

    public DateTimeOffset? HeldSince { get; set; }

    /// <summary>It isn't deleted before. Only ever moves on.</summary>
    public DateTimeOffset? LockedUntil { get; set; }

    public string? LockedBy { get; set; }

    /// <summary>How many times hold or lock were changed.</summary>
    public int ProtectionVersion { get; set; }

    /// <summary>The version that the store has been told of; another one is still to be carried there. Below 0: nobody knows what is there.</summary>
    public int StoredProtectionVersion { get; set; }

    /// <summary>Accepted, but there was no room for it to begin yet.</summary>
    public bool Waits => State == BackupState.Pending && Admitted is null;
}

/// <summary>DESIGN section 5: <c>Pending → Running → Succeeded | Failed</c>. Stored by number.</summary>
internal enum BackupState
{
    Pending = 0,
    Running = 1,
    Succeeded = 2,
    Failed = 3,
}

/// <summary>A part that is durable in the store.</summary>
internal sealed class PartEntity
{
    public required Guid BackupId { get; init; }

    public required int Attempt { get; init; }

    /// <summary>1 to 10,000.</summary>
    public required int Number { get; init; }

    public required long Length { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary>What the store needs to find it again when the object is finished (S3: the part's ETag).</summary>
    public required string StoreTag { get; init; }
}
