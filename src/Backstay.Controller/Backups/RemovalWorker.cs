using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>
/// Takes out of the store what backups that ended or were deleted leave there, a few at a time: a store that hangs costs this worker its
/// time, and no backup its end. It runs on every controller; two that remove the same thing do no harm.
/// </summary>
internal sealed partial class RemovalWorker(
    IServiceScopeFactory scopes, IArchiveStore store, Removals removals, IOptions<BackupOptions> options, ILogger<RemovalWorker> logger) : BackgroundService
{
    /// <summary>Of leftovers, and of deletions.</summary>
    private const int AtOnce = 4;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(DiscardAllAsync(stoppingToken), DeleteAllAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    /// <summary>Carries out all deletions that rows are marked for, those that a crash or a fault of the store left half done too.</summary>
    /// <returns>Whether the store let go of all of them.</returns>
    internal async Task<bool> DeleteMarkedAsync(CancellationToken cancellationToken)
    {
        List<ArchiveKey> marked;
        await using (var scope = scopes.CreateAsyncScope())
        {
            marked = await scope.ServiceProvider.GetRequiredService<CatalogContext>().Backups
                .Where(b => b.Deleted != null)
                .Select(b => new ArchiveKey(b.Id, b.Attempt))
                .ToListAsync(cancellationToken);
        }

        var left = 0;
        await Parallel.ForEachAsync(marked, Parallelism(cancellationToken), async (key, token) =>
        {
            await using var scope = scopes.CreateAsyncScope();
            if (!await scope.ServiceProvider.GetRequiredService<Deletion>().FinishAsync(key.BackupId, key.Attempt, token))
                Interlocked.Increment(ref left);
        });
        return left == 0;
    }

    private async Task DeleteAllAsync(CancellationToken stopping)
    {
        var pause = options.Value.SweepInterval;
        while (!stopping.IsCancellationRequested)
        {
            var isDone = false;
            try
            {
                isDone = await DeleteMarkedAsync(stopping);
            }
            catch (Exception exception) when (CatalogErrors.IsOutage(exception))
            {
                // CatalogReach has told.
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                Log.NotAllDeleted(logger, exception);
            }
            catch (Exception)
            {
                return; // what this works with goes, too
            }

            pause = isDone ? options.Value.SweepInterval : pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await removals.WaitAsync(pause, stopping);
        }
    }

    private Task DiscardAllAsync(CancellationToken stopping) =>
        Parallel.ForEachAsync(removals.LeftoversAsync(stopping), Parallelism(stopping), DiscardAsync);

    /// <summary>If it doesn't work, the orphan sweep does it later.</summary>
    private async ValueTask DiscardAsync(Removals.Leftover leftover, CancellationToken cancellationToken)
    {
        try
        {
            await store.AbortAsync(leftover.Key, cancellationToken);
            if (!leftover.Unseen)
                await store.DeleteAsync(leftover.Key, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NotDiscarded(logger, leftover.Key, exception);
        }
    }

    private static ParallelOptions Parallelism(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Deletions could not be carried out; they are tried again.")]
        public static partial void NotAllDeleted(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "What attempt {Key} left could not be thrown away now; the orphan sweep will.")]
        public static partial void NotDiscarded(ILogger logger, ArchiveKey key, Exception exception);
    }
}
