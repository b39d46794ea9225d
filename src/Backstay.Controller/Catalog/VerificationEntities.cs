using Backstay.Protocol.Admin;

namespace Backstay.Controller.Catalog;

/// <summary>
/// One proof of one backup: asked for, under way, or ended with a result. A unique partial index allows one unfinished proof of a strength
/// a backup; <see cref="State"/> changes only by compare-and-set on <see cref="ClaimUntil"/>. It goes with its backup.
/// </summary>
internal sealed class VerificationEntity
{
    public required Guid Id { get; init; }

    public required Guid BackupId { get; init; }

    public required Guid ApplianceId { get; init; }

    public required VerificationStrength Strength { get; init; }

    public required VerificationRunState State { get; set; }

    /// <summary>Nobody asked for it: it comes after what somebody did, and takes its time.</summary>
    public bool Planned { get; set; }

    /// <summary>A user, or <c>controller</c>.</summary>
    public required string RequestedBy { get; init; }

    public required DateTimeOffset Requested { get; init; }

    public DateTimeOffset? Started { get; set; }

    public DateTimeOffset? Ended { get; set; }

    /// <summary>Of the sealed archive: read so far, or all that were read.</summary>
    public long Bytes { get; set; }

    /// <summary>Whose content was compared; null: the strength looks at no files.</summary>
    public long? Files { get; set; }

    /// <summary>Who looked: <c>controller NAME</c>, <c>appliance NAME</c>, or <c>user NAME</c> who reported it.</summary>
    public string? By { get; set; }

    /// <summary>What was found, and what to do about it; while it is under way, why it waits.</summary>
    public string? Message { get; set; }

    /// <summary>Since when its archive could not be read, without a break; null: it was not tried, or could be.</summary>
    public DateTimeOffset? UnreadableSince { get; set; }

    /// <summary>When it is told again that the archive can't be read; null: it was not told yet.</summary>
    public DateTimeOffset? NextTelling { get; set; }

    /// <summary>The end of a claim on it while it is under way; who wrote this value holds the claim. It isn't taken up before.</summary>
    public DateTimeOffset? ClaimUntil { get; set; }
}
