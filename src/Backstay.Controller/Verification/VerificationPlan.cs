using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Verification;

/// <summary>
/// What is to be proven without being asked: what nobody vouches for yet, then what was proven longest ago. Taken from the backups' rows a
/// few at a time, so that the queue stays short and what somebody asks for comes soon.
/// </summary>
internal sealed class VerificationPlan(CatalogContext catalog, WriteGate gate, IOptions<VerificationOptions> options, TimeProvider time)
{
    /// <summary>Who asks for what nobody asked for.</summary>
    public const string RequestedBy = "controller";

    private const int AtOnce = 16;
    private const int MostUnfinished = 64;

    /// <summary>What was proven further ahead than that was so by a clock that was ahead: nobody knows when it was.</summary>
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromHours(1);

    /// <summary>While the whole store is away, so many more are queued an hour.</summary>
    private static readonly TimeSpan LeftAlone = TimeSpan.FromHours(1);

    /// <summary>Queues what is due, if nothing waits that could be begun.</summary>
    /// <returns>Whether there may be something to do now.</returns>
    public async Task<bool> QueueDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var impossible = now + VerificationClaim.FurthestAhead;
        var unfinished = catalog.Verifications.Where(v => v.State < VerificationRunState.Passed && v.Strength < VerificationStrength.Drill);
        if (await unfinished.AnyAsync(v => v.ClaimUntil == null || v.ClaimUntil <= now || v.ClaimUntil > impossible, cancellationToken))
            return true;

        // What can't be read for longer than a store needs to come back keeps nothing else from being proven.
        var before = now - LeftAlone;
        if (await unfinished.Where(v => v.UnreadableSince == null || v.UnreadableSince > before).Take(MostUnfinished).CountAsync(cancellationToken)
            == MostUnfinished)
        {
            return false;
        }

        List<Queueable> due =
        [
            .. await DueDigestsAsync(now, cancellationToken),
            .. await DueContentsAsync(now, cancellationToken),
        ];
        if (due.Count == 0)
            return false;

        foreach (var (verification, backups) in due)
            await QueueAsync(verification, backups, cancellationToken);
        return true;
    }

    /// <summary>Results that are old and have a newer one beside them go; those that found damage stay with their backup.</summary>
    public Task<int> ThinAsync(CancellationToken cancellationToken)
    {
        var old = time.GetUtcNow() - TimeSpan.FromDays(options.Value.KeepResultsDays);
        return catalog.Verifications
            .Where(v => v.Ended < old
                && v.State > VerificationRunState.Running
                && v.State != VerificationRunState.Failed
                && catalog.Verifications.Any(newer =>
                    newer.BackupId == v.BackupId && newer.Strength == v.Strength && newer.State == v.State && newer.Ended > v.Ended))
            .ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Each for itself: of several at once, two controllers that plan at the same moment would wait for each other's.</summary>
    /// <param name="backups">All that are due for the same reason: by now another controller may have queued it, and proven it as well.</param>
    private async Task QueueAsync(VerificationEntity verification, IQueryable<BackupEntity> backups, CancellationToken cancellationToken)
    {
        try
        {
            using (await gate.EnterAsync(cancellationToken))
            {
                if (!await backups.AnyAsync(b => b.Id == verification.BackupId, cancellationToken))
                    return;

                catalog.Verifications.Add(verification);
                await catalog.SaveChangesAsync(cancellationToken);
            }
        }
        catch (DbUpdateException exception) when (exception.IsTaken() || CatalogErrors.BreaksReference(exception))
        {
            // Another controller planned it at the same moment, or the backup was deleted.
            catalog.Entry(verification).State = EntityState.Detached;
        }
    }

    private async Task<List<Queueable>> DueDigestsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A damaged one is looked at again when somebody asks: it had its word.
        var backups = Provable(VerificationStrength.Digest);
        var due = await FirstAsync(
            backups.Where(b => b.Verification == VerificationState.Pending).OrderBy(b => b.Ended), cancellationToken);
        if (options.Value.DigestEveryDays is var days and > 0 && due.Count < AtOnce)
        {
            var (before, impossible) = (now - TimeSpan.FromDays(days), now + ClocksDiffer);
            due.AddRange(await FirstAsync(
                backups
                    .Where(b => b.Verification == VerificationState.Verified && (b.Verified <= before || b.Verified > impossible))
                    .OrderBy(b => b.Verified),
                cancellationToken));
        }

        return Queued(due, VerificationStrength.Digest, now);
    }

    private async Task<List<Queueable>> DueContentsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (days, afterBackup) = (options.Value.ContentEveryDays, options.Value.ContentAfterBackup);
        if (days == 0 && !afterBackup)
            return [];

        // What can't be looked at here isn't tried again before it would be due again.
        var before = days == 0 ? DateTimeOffset.UnixEpoch : now - TimeSpan.FromDays(days);
        var impossible = days == 0 ? DateTimeOffset.MaxValue : now + ClocksDiffer;
        var backups = Provable(VerificationStrength.Content).Where(b => b.Verification == VerificationState.Verified
            && !catalog.Verifications.Any(v => v.BackupId == b.Id
                && v.Strength == VerificationStrength.Content
                && v.State == VerificationRunState.Impossible
                && v.Ended > before
                && v.Ended <= impossible));
        var due = await FirstAsync(
            backups.Where(b => b.ContentVerified == null && (afterBackup || b.Ended <= before || b.Ended > impossible)).OrderBy(b => b.Ended),
            cancellationToken);
        if (due.Count < AtOnce)
        {
            due.AddRange(await FirstAsync(
                backups.Where(b => b.ContentVerified <= before || b.ContentVerified > impossible).OrderBy(b => b.ContentVerified), cancellationToken));
        }

        return Queued(due, VerificationStrength.Content, now);
    }

    /// <summary>Backups with an archive that aren't in the queue for this.</summary>
    private IQueryable<BackupEntity> Provable(VerificationStrength strength) => catalog.Backups.AsNoTracking().Where(b =>
        b.State == BackupState.Succeeded
        && b.Deleted == null
        && !catalog.Verifications.Any(v => v.BackupId == b.Id && v.Strength == strength && v.State < VerificationRunState.Passed));

    private static async Task<List<Due>> FirstAsync(IQueryable<BackupEntity> backups, CancellationToken cancellationToken) =>
    [
        .. (await backups.Take(AtOnce).Select(b => new { b.Id, b.ApplianceId }).ToListAsync(cancellationToken))
            .Select(b => new Due(b.Id, b.ApplianceId, backups)),
    ];

    /// <summary>In this order: each a microsecond, which is what a catalog keeps of a time, behind the one before it.</summary>
    private static List<Queueable> Queued(List<Due> due, VerificationStrength strength, DateTimeOffset now) =>
    [
        .. due.Select((backup, place) => new Queueable(
            new VerificationEntity
            {
                Id = Guid.CreateVersion7(now),
                BackupId = backup.Id,
                ApplianceId = backup.ApplianceId,
                Strength = strength,
                State = VerificationRunState.Waiting,
                Planned = true,
                RequestedBy = RequestedBy,
                Requested = now.AddMicroseconds(place),
            },
            backup.Backups)),
    ];

    /// <param name="Backups">All that are due for the same reason.</param>
    private sealed record Due(Guid Id, Guid ApplianceId, IQueryable<BackupEntity> Backups);

    private sealed record Queueable(VerificationEntity Verification, IQueryable<BackupEntity> Backups);
}
