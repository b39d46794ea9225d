using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>
/// Reads archives whose stored bytes nobody vouches for yet (those of a rebuilt catalog, or of a controller that died before its commit)
/// and compares their SHA-256 with the one that the agent sealed. The others were read back in step 10. They are claimed one at a time by
/// compare-and-set with an end: several controllers share them out, and what a controller that crashed had claimed is taken up by
/// another, or by itself.
/// </summary>
internal sealed partial class DigestVerification(
    IServiceScopeFactory scopes, IArchiveStore store, VerificationHint hint, TimeProvider time, ILogger<DigestVerification> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ClaimFor = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await VerifyNextAsync(stoppingToken))
                {
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (CatalogErrors.IsOutage(exception))
            {
                // CatalogReach has told.
            }
            catch (Exception exception)
            {
                Log.Failed(logger, exception);
            }

            await hint.WaitAsync(Pause, stoppingToken);
        }
    }

    /// <summary>False: there is nothing to verify now.</summary>
    internal async Task<bool> VerifyNextAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var now = time.GetUtcNow();
        var next = await catalog.Backups.AsNoTracking()
            .Where(b => b.Verification == VerificationState.Pending && b.State == BackupState.Succeeded && b.Deleted == null
                && (b.VerificationClaim == null || b.VerificationClaim <= now))
            .OrderBy(b => b.Ended)
            .FirstOrDefaultAsync(cancellationToken);
        if (next is null)
            return false;

        var claim = new Claim(catalog, next.Id, next.VerificationClaim);
        if (!await claim.RenewAsync(now + ClaimFor, cancellationToken))
            return true; // another controller has it

        Log.Reading(logger, next.Id);
        byte[]? sha256 = null;
        try
        {
            sha256 = await HashAsync(new ArchiveKey(next.Id, next.Attempt), next.Size!.Value, claim, cancellationToken);
        }
        catch (ArchiveStoreException exception) when (exception.Fault != StoreFault.Missing)
        {
            // Not being able to look is no proof of damage. The claim's end is the pause before the next try.
            Log.Unreadable(logger, next.Id, exception);
            return true;
        }
        catch (ArchiveStoreException exception)
        {
            Log.Gone(logger, next.Id, exception);
        }

        await RecordAsync(scope.ServiceProvider, catalog, next, claim, sha256, cancellationToken);
        return true;
    }

    private Task<byte[]> HashAsync(ArchiveKey key, long size, Claim claim, CancellationToken cancellationToken)
    {
        var renewed = time.GetTimestamp();
        return ArchiveDigest.ComputeAsync(store, key, size, KeepClaimAsync, cancellationToken);

        async Task KeepClaimAsync(CancellationToken cancellation)
        {
            if (time.GetElapsedTime(renewed) <= ClaimFor / 4)
                return;
            if (!await claim.RenewAsync(time.GetUtcNow() + ClaimFor, cancellation))
                throw new ArchiveStoreException(StoreFault.Unavailable, "Another controller verifies this archive, or it was deleted.");
            renewed = time.GetTimestamp();
        }
    }

    private async Task RecordAsync(
        IServiceProvider services, CatalogContext catalog, BackupEntity backup, Claim claim, byte[]? sha256, CancellationToken cancellationToken)
    {
        var verified = sha256 is not null && sha256.AsSpan().SequenceEqual(backup.Sha256);
        var (state, now) = (verified ? VerificationState.Verified : VerificationState.Damaged, time.GetUtcNow());
        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        var recorded = await catalog.Backups
            .Where(b => b.Id == backup.Id && b.VerificationClaim == claim.Until && b.Deleted == null)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(b => b.Verification, state)
                    .SetProperty(b => b.Verified, now)
                    .SetProperty(b => b.VerificationClaim, (DateTimeOffset?)null),
                cancellationToken);
        if (recorded == 0)
            return;

        services.GetRequiredService<AuditTrail>().Add(
            "backup.verify", backup.Id.ToString(), verified ? "verified" : "damaged: the stored bytes are not those that were sealed");
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (verified)
            Log.Verified(logger, backup.Id);
        else
            Log.Damaged(logger, backup.Id, backup.ApplianceId);
    }

    /// <summary>The right to verify one archive. Its end is its proof: only who wrote the value that is in the row holds it.</summary>
    private sealed class Claim(CatalogContext catalog, Guid backupId, DateTimeOffset? until)
    {
        public DateTimeOffset? Until { get; private set; } = until;

        public async Task<bool> RenewAsync(DateTimeOffset newUntil, CancellationToken cancellationToken)
        {
            var old = Until;
            var renewed = await catalog.Backups
                .Where(b => b.Id == backupId && b.VerificationClaim == old && b.Verification == VerificationState.Pending && b.Deleted == null)
                .ExecuteUpdateAsync(set => set.SetProperty(b => b.VerificationClaim, newUntil), cancellationToken) == 1;
            Until = renewed ? newUntil : old;
            return renewed;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "The archive of backup {Backup} is read for its verification.")]
        public static partial void Reading(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Information, "The archive of backup {Backup} is verified: its bytes have the recorded SHA-256.")]
        public static partial void Verified(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Error, "The archive of backup {Backup} of appliance {Appliance} is DAMAGED: its stored bytes are gone, or not those that were sealed. Make a new backup, and look at the disk.")]
        public static partial void Damaged(ILogger logger, Guid backup, Guid appliance);

        [LoggerMessage(LogLevel.Error, "The archive of backup {Backup} is not there as recorded.")]
        public static partial void Gone(ILogger logger, Guid backup, Exception exception);

        [LoggerMessage(LogLevel.Warning, "The archive of backup {Backup} can't be read now; it is tried again.")]
        public static partial void Unreadable(ILogger logger, Guid backup, Exception exception);

        [LoggerMessage(LogLevel.Error, "Verification failed; it goes on with the next look.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
