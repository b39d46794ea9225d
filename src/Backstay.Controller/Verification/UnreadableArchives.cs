using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>
/// Tells of an archive that can't be read although the store can, as on a bad sector: it isn't damaged for all that is known, and nobody
/// knows either that it is good. A store that is away as a whole is told of elsewhere.
/// </summary>
internal sealed class UnreadableArchives(CatalogContext catalog, EventOutbox events, TimeProvider time)
{
    /// <summary>A store, and a network before it, may be put right until then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private static readonly TimeSpan TellEvery = TimeSpan.FromDays(1);

    /// <summary>Adds the event if it is time to, in the caller's transaction; the caller saves.</summary>
    /// <returns>When it is to be told again; null: it was not told now.</returns>
    public async Task<DateTimeOffset?> TellAsync(
        VerificationEntity verification, DateTimeOffset since, string why, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now - since < Patience || !IsDue(verification.NextTelling, now))
            return null;

        // Of two proofs of one backup one tells, and none while nothing else can be read either.
        var next = now + TellEvery;
        if (await catalog.Verifications.AnyAsync(
                v => v.BackupId == verification.BackupId && v.Id != verification.Id && v.State < VerificationRunState.Passed
                    && v.NextTelling > now && v.NextTelling <= next,
                cancellationToken)
            || !await catalog.Verifications.AnyAsync(
                v => v.BackupId != verification.BackupId && v.State == VerificationRunState.Passed && v.Ended > since && v.Ended <= now,
                cancellationToken))
        {
            return null;
        }

        var backup = await catalog.Backups.AsNoTracking()
            .Where(b => b.Id == verification.BackupId)
            .Join(catalog.Appliances, b => b.ApplianceId, a => a.Id, (b, a) => new { b.Attempt, a.Name })
            .FirstOrDefaultAsync(cancellationToken);
        if (backup is null)
            return null;

        events.Add(
            catalog,
            EventKind.BackupUnreadable,
            verification.ApplianceId,
            verification.BackupId,
            $"The archive {new ArchiveKey(verification.BackupId, backup.Attempt)} of {backup.Name} can't be read since {since.UtcDateTime:yyyy-MM-dd HH:mm} UTC, "
            + "while others can. Make a new backup and look at the disk or service under the store; if the archive is lost, delete the backup. "
            + why);
        return next;
    }

    /// <summary>Also when it lies further ahead than any clock sets it: a clock was ahead then.</summary>
    private static bool IsDue(DateTimeOffset? nextTelling, DateTimeOffset now) =>
        nextTelling is not { } time || time <= now || time > now + (2 * TellEvery);
}
