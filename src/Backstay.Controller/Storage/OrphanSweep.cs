using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary>
/// Takes out of the store what attempts left that can't become a success any more. By attempt, after a grace period, and only on the
/// word of the backup's row: what no row speaks of is somebody's archive, for all that is known, and stays. So it is with a finished
/// object of an attempt that its row has never heard of: the catalog is a copy from before that, and a rebuild lists the archive. And so
/// with a whole archive of a backup that was failed without a look at the store (docs/decisions/0140): it goes with its row.
/// </summary>
internal sealed partial class OrphanSweep(
    IServiceScopeFactory scopes, IArchiveStore store, FinishedArchives finished, IOptions<StorageOptions> options, TimeProvider time,
    ILogger<OrphanSweep> logger) : BackgroundService
{
    /// <summary>Things in the store that one question to the catalog is about.</summary>
    private const int BatchSize = 500;

    private static readonly TimeSpan LongestLook = TimeSpan.FromMinutes(1);

    /// <summary>What is over its grace period goes a sixth of it later at the latest: 10 minutes, by default.</summary>
    private TimeSpan Interval => options.Value.OrphanGrace / 6;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                try
                {
                    await SweepAsync(stoppingToken);
                }
                catch (Exception exception) when (CatalogErrors.IsOutage(exception))
                {
                    // CatalogReach has told.
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    Log.SweepFailed(logger, exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var before = time.GetUtcNow() - options.Value.OrphanGrace;
        HashSet<ArchiveKey> archives = [];
        await foreach (var batch in store.ListAsync(cancellationToken).Where(item => IsOld(item, before, archives)).Chunk(BatchSize))
        {
            var ids = batch.Select(item => item.Key.BackupId).Distinct().ToList();
            var rows = await catalog.Backups
                .Where(b => ids.Contains(b.Id))
                .Select(b => new BackupRow(b.Id, b.State, b.Attempt, b.Reason))
                .ToDictionaryAsync(row => row.Id, cancellationToken);
            foreach (var item in batch)
                await SweepAsync(item, rows.GetValueOrDefault(item.Key.BackupId), cancellationToken);
        }

        await foreach (var batch in store.ListSidecarsAsync(cancellationToken).Where(key => !archives.Contains(key)).Chunk(BatchSize))
            await SweepSidecarsAsync(catalog, batch, before, cancellationToken);
    }

    private static bool IsOld(StoredObject item, DateTimeOffset before, HashSet<ArchiveKey> archives)
    {
        if (item.Finished)
            archives.Add(item.Key);
        return item.LastWritten <= before;
    }

    /// <summary>
    /// A sidecar whose archive was thrown away while it was written. The store doesn't say how old it is, so the grace period counts from the
    /// end of its backup.
    /// </summary>
    private async Task SweepSidecarsAsync(CatalogContext catalog, ArchiveKey[] alone, DateTimeOffset before, CancellationToken cancellationToken)
    {
        var ids = alone.Select(key => key.BackupId).Distinct().ToList();
        var rows = await catalog.Backups
            .Where(b => ids.Contains(b.Id) && b.Ended <= before)
            .Select(b => new BackupRow(b.Id, b.State, b.Attempt, b.Reason))
            .ToDictionaryAsync(row => row.Id, cancellationToken);
        foreach (var key in alone)
        {
            // Of an attempt that the row knows; and the archive may have come since it was listed.
            if (rows.GetValueOrDefault(key.BackupId) is not { } row || key.Attempt > row.Attempt
                || (key.Attempt == row.Attempt && row.State != BackupState.Failed)
                || await store.GetLengthAsync(key, cancellationToken) is not null)
            {
                continue;
            }

            await store.DeleteAsync(key, cancellationToken);
            Log.SidecarSwept(logger, key);
        }
    }

    private async Task SweepAsync(StoredObject item, BackupRow? row, CancellationToken cancellationToken)
    {
        if (item.Finished && (row is null || item.Key.Attempt > row.Attempt))
        {
            Log.Unknown(logger, item.Key);
            return;
        }

        // An unfinished attempt without a row is none's: rows go only after their backup has ended.
        if (row is not null && !IsOrphan(row.State, row.Attempt, item))
            return;

        // Who ended it couldn't ask the store, perhaps: what is whole is nobody's to throw away then.
        if (item.Finished && row is { State: BackupState.Failed, Reason: FailureReason.AgentLost or FailureReason.DeadlineExceeded }
            && await finished.LookAsync(item.Key, LongestLook, cancellationToken) is not { Answered: true, Sidecar: null })
        {
            Log.Whole(logger, item.Key);
            return;
        }

        await (item.Finished ? store.DeleteAsync(item.Key, cancellationToken) : store.AbortAsync(item.Key, cancellationToken));
        Log.Swept(logger, item.Key, item.Size);
    }

    private static bool IsOrphan(BackupState state, int attempt, StoredObject item) => state switch
    {
        BackupState.Failed => true,
        BackupState.Succeeded => item.Key.Attempt != attempt || !item.Finished,
        _ => item.Key.Attempt < attempt,
    };

    /// <summary>What the sweep needs to know. Attempts and states only ever go forward: an orphan stays one.</summary>
    private sealed record BackupRow(Guid Id, BackupState State, int Attempt, FailureReason? Reason);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The sweep of the store failed; it is tried again with the next one. Nothing was removed on a guess.")]
        public static partial void SweepFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "The store holds {Key}, of which the catalog knows nothing. It stays.")]
        public static partial void Unknown(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Warning,
            "The archive of {Key} is whole, though its backup has failed: the store didn't answer when it ended. It stays until the backup is deleted.")]
        public static partial void Whole(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Information, "Removed the sidecar of {Key} from the store: its backup has ended, and there is no archive beside it.")]
        public static partial void SidecarSwept(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Information, "Removed {Key} from the store, {Size} bytes left by an attempt that ended.")]
        public static partial void Swept(ILogger logger, ArchiveKey key, long size);
    }
}
