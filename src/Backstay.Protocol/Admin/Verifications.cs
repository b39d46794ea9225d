using System.Text.Json.Serialization;

namespace Backstay.Protocol.Admin;

/// <summary>How much a proof of a backup proves; each includes the ones before it.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<VerificationStrength>))]
public enum VerificationStrength
{
    /// <summary>The stored bytes have the SHA-256 that the agent sealed.</summary>
    Digest,
    /// <summary>The archive decrypts and decompresses, and every file in it has the SHA-256 that its list says.</summary>
    Content,
    /// <summary>It was restored to a scratch place, and the checks that are configured there found it good.</summary>
    Drill,
}

/// <summary>How far a proof is.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<VerificationRunState>))]
public enum VerificationRunState
{
    Waiting,
    Running,
    Passed,
    /// <summary>The backup is damaged; of a report by a user: that user found so, and the stored bytes are looked at.</summary>
    Failed,
    /// <summary>It could not be looked at in this way, which says nothing about the backup: no key for it here, for one.</summary>
    Impossible,
}

/// <summary>A proof of a backup in <c>GET /verifications</c>: asked for, under way, or ended.</summary>
/// <param name="RequestedBy">A user, or <c>controller</c> for those of the plan.</param>
/// <param name="Seconds">How long it took; for one under way, so far.</param>
/// <param name="Size">Bytes of the sealed archive.</param>
/// <param name="Bytes">Of those, read so far.</param>
/// <param name="BytesPerSecond">Sealed bytes.</param>
/// <param name="Files">Whose content was compared.</param>
/// <param name="By">Who looked: <c>controller NAME</c>, <c>appliance NAME</c>, or <c>user NAME</c> who reported it.</param>
/// <param name="Message">What was found, and what to do about it.</param>
public sealed record VerificationRecord(
    Guid Id,
    Guid BackupId,
    Guid ApplianceId,
    string ApplianceName,
    VerificationStrength Strength,
    VerificationRunState State,
    string RequestedBy,
    DateTimeOffset Requested,
    DateTimeOffset? Started,
    DateTimeOffset? Ended,
    double? Seconds,
    long? Size,
    long Bytes,
    long? BytesPerSecond,
    long? Files,
    string? By,
    string? Message);

/// <summary>The body of <c>POST /appliances/{id}/backup/{backupId}/verify</c>; optional as a whole.</summary>
/// <param name="Strength">Default: <see cref="VerificationStrength.Digest"/>.</param>
public sealed record VerifyRequest(VerificationStrength? Strength = null);

/// <summary>The body of <c>POST /appliances/{id}/backup/{backupId}/verifications</c>: a content that was proven where its key is.</summary>
/// <param name="State">Required: <c>passed</c> or <c>failed</c>.</param>
/// <param name="Sha256">Required: of the archive that was looked at, in hex; that of the sealed one.</param>
/// <param name="Seconds">Required: how long it took.</param>
/// <param name="Files">Whose content was compared.</param>
/// <param name="Message">What was found; at most 1,000 characters.</param>
public sealed record VerificationReport(
    VerificationRunState? State, string? Sha256 = null, double? Seconds = null, long? Files = null, string? Message = null);

/// <summary>The answer: the id to poll.</summary>
public sealed record VerificationAccepted(Guid Id);
