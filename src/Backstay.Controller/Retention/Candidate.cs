using System.Linq.Expressions;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Retention;

/// <summary>A backup that retention may judge: one that succeeded. What runs, what failed and what is being deleted is none.</summary>
/// <param name="Size">Bytes of the sealed archive.</param>
/// <param name="ContentVerified">It was opened once, and all of its content was as it was sealed.</param>
/// <param name="Drilled">It was restored once by a drill, and the checks passed.</param>
internal sealed record Candidate(
    Guid Id,
    int Attempt,
    Guid ApplianceId,
    DateTimeOffset Created,
    long Size,
    VerificationState? Verification,
    bool Held,
    DateTimeOffset? LockedUntil,
    bool ContentVerified = false,
    bool Drilled = false) : IComparable<Candidate>
{
    public static readonly Expression<Func<BackupEntity, bool>> Is = b => b.State == BackupState.Succeeded && b.Deleted == null;

    public static readonly Expression<Func<BackupEntity, Candidate>> Of = b =>
        new Candidate(
            b.Id, b.Attempt, b.ApplianceId, b.Created, b.Size ?? 0, b.Verification, b.HeldBy != null, b.LockedUntil, b.ContentVerified != null, b.Drilled != null);

    /// <summary>Its stored bytes aren't those that were sealed, or are gone.</summary>
    public bool Damaged => Verification == VerificationState.Damaged;

    /// <summary>Its stored bytes were proven to be those that were sealed.</summary>
    public bool Verified => Verification == VerificationState.Verified;

    /// <summary>The newer one is greater; of two made at the same moment the one with the greater id, so that there is one order.</summary>
    public int CompareTo(Candidate? other) =>
        other is null ? 1 : Created != other.Created ? Created.CompareTo(other.Created) : Id.CompareTo(other.Id);
}

/// <summary>Whether a backup stays, and why; or why it goes.</summary>
/// <param name="Reasons">At least one.</param>
internal sealed record Verdict(Candidate Backup, bool Keep, IReadOnlyList<RetentionReason> Reasons);
