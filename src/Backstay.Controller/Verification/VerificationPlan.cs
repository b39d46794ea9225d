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

    /// <summary>Queues what is due, if nothing waits that could be begun.</summary>
    /// <returns>Whether there may be something to do now.</returns>
    public async Task<bool> QueueDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var unfinished = await catalog.Verifications
            .Where(v => v.State < VerificationRunState.Passed && v.Strength < VerificationStrength.Drill)
            .Select(v => v.ClaimUntil)
            .Take(MostUnfinished)
            .ToListAsync(cancellationToken);
        if (unfinished.Any(until => until is null || until <= now))
            return true;
        if (unfinished.Count == MostUnfinished)
            return false;

        List<VerificationEntity> due =
        [
            .. await DueDigestsAsync(now, cancellationToken),
            .. await DueContentsAsync(now, cancellationToken),
        ];
        if (due.Count == 0)
            return false;

        try
        {
            using (await gate.EnterAsync(cancellationToken))
            {
                catalog.Verifications.AddRange(due);
                await catalog.SaveChangesAsync(cancellationToken);
            }
        }
        catch (DbUpdateException exception) when (exception.IsTaken() || CatalogErrors.BreaksReference(exception))
        {
            // Another controller planned at the same moment, or a backup was deleted.
        }

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

    private async Task<List<VerificationEntity>> DueDigestsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A damaged one is looked at again when somebody asks: it had its word.
        var backups = Provable(VerificationStrength.Digest);
        var due = await FirstAsync(
            backups.Where(b => b.Verification == VerificationState.Pending).OrderBy(b => b.Ended), cancellationToken);
        if (options.Value.DigestEveryDays is var days and > 0 && due.Count < AtOnce)
        {
            var before = now - TimeSpan.FromDays(days);
            due.AddRange(await FirstAsync(
                backups.Where(b => b.Verification == VerificationState.Verified && b.Verified <= before).OrderBy(b => b.Verified), cancellationToken));
        }

        return Queued(due, VerificationStrength.Digest, now);
    }

    private async Task<List<VerificationEntity>> DueContentsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (days, afterBackup) = (options.Value.ContentEveryDays, options.Value.ContentAfterBackup);
        if (days == 0 && !afterBackup)
            return [];

        // What can't be looked at here isn't tried again before it would be due again.
        var before = days == 0 ? DateTimeOffset.UnixEpoch : now - TimeSpan.FromDays(days);
        var backups = Provable(VerificationStrength.Content).Where(b => b.Verification == VerificationState.Verified
            && !catalog.Verifications.Any(v => v.BackupId == b.Id
                && v.Strength == VerificationStrength.Content
                && v.State == VerificationRunState.Impossible
                && v.Ended > before));
        var due = await FirstAsync(
            backups.Where(b => b.ContentVerified == null && (afterBackup || b.Ended <= before)).OrderBy(b => b.Ended), cancellationToken);
        if (due.Count < AtOnce)
            due.AddRange(await FirstAsync(backups.Where(b => b.ContentVerified <= before).OrderBy(b => b.ContentVerified), cancellationToken));
        return Queued(due, VerificationStrength.Content, now);
    }

    /// <summary>Backups with an archive that aren't in the queue for this.</summary>
    private IQueryable<BackupEntity> Provable(VerificationStrength strength) => catalog.Backups.AsNoTracking().Where(b =>
        b.State == BackupState.Succeeded
        && b.Deleted == null
        && !catalog.Verifications.Any(v => v.BackupId == b.Id && v.Strength == strength && v.State < VerificationRunState.Passed));

    private static Task<List<Due>> FirstAsync(IQueryable<BackupEntity> backups, CancellationToken cancellationToken) =>
        backups.Take(AtOnce).Select(b => new Due(b.Id, b.ApplianceId)).ToListAsync(cancellationToken);

    /// <summary>In this order: each a microsecond, which is what a catalog keeps of a time, behind the one before it.</summary>
    private static List<VerificationEntity> Queued(List<Due> due, VerificationStrength strength, DateTimeOffset now) =>
    [
        .. due.Select((backup, place) => new VerificationEntity
        {
            Id = Guid.CreateVersion7(now),
            BackupId = backup.Id,
            ApplianceId = backup.ApplianceId,
            Strength = strength,
            State = VerificationRunState.Waiting,
            Planned = true,
            RequestedBy = RequestedBy,
            Requested = now.AddMicroseconds(place),
        }),
    ];

    private sealed record Due(Guid Id, Guid ApplianceId);
}
