using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>
/// Sees to it that every backup reaches an end (promise 2): fails those whose lease or deadline is over, and finishes deletions. It
/// runs on every controller; compare-and-set decides which of them does it.
/// </summary>
/// <remarks>
/// A controller that was down must not fail backups for its own absence. So it judges a lease only by the time that it was there
/// to have it renewed: after a start, and after a pause of the sweep (a machine that slept, a catalog that was locked or could not be
/// reached), agents get one lease to be heard of again. Controllers need not know of each other for that: one that has been up all
/// along goes on judging, rightly, as agents could have turned to it.
/// </remarks>
internal sealed partial class BackupSweep(
    IServiceScopeFactory scopes, IArchiveStore store, IOptions<BackupOptions> options, TimeProvider time, ILogger<BackupSweep> logger) : BackgroundService
{
    private DateTimeOffset _judgesFrom;

    /// <summary>When the catalog last answered. What couldn't be asked couldn't be renewed either.</summary>
    private DateTimeOffset _lastAnswer;

    /// <summary>
    /// Longer without an answer counts as a pause: 10 seconds by default, and so much less than a lease that an agent has time to
    /// renew it after a shorter one.
    /// </summary>
    private TimeSpan Pause => options.Value.Lease / 6;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        _lastAnswer = time.GetUtcNow();
        _judgesFrom = _lastAnswer + options.Value.Lease;
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
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
        var now = time.GetUtcNow();
        if (now - _lastAnswer > Pause + options.Value.SweepInterval)
            _judgesFrom = now + options.Value.Lease;

        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var ending = scope.ServiceProvider.GetRequiredService<BackupEnding>();
        var judges = now >= _judgesFrom;
        var over = await catalog.Backups
            .Where(b => b.State < BackupState.Succeeded && (b.Deadline <= now || (judges && b.LeaseUntil <= now)))
            .Select(b => new
            {
                b.Id,
                b.State,
                b.Attempt,
                Waits = b.State == BackupState.Pending && b.Admitted == null,
                TooLong = b.Deadline <= now,
            })
            .ToListAsync(cancellationToken);

        // Only now, and the time from before the question: while the catalog didn't answer, agents couldn't renew either.
        _lastAnswer = now;
        foreach (var backup in over)
        {
            if (backup.State == BackupState.Running && await SucceedAsync(ending, new ArchiveKey(backup.Id, backup.Attempt), cancellationToken))
                continue;

            // The condition goes into the statement too: a lease that was renewed since then is no longer over.
            await (backup switch
            {
                { Waits: true } => ending.FailAsync(
                    backup.Id, BackupFailure.WaitedTooLong(options.Value.MaxWait), cancellationToken, b => b.Admitted == null && b.Deadline <= now),
                { TooLong: true } => ending.FailAsync(
                    backup.Id, BackupFailure.DeadlineExceeded(options.Value.Deadline), cancellationToken, b => b.Deadline <= now),
                { State: BackupState.Pending } => ending.FailAsync(
                    backup.Id, BackupFailure.NeverPickedUp(options.Value.PickUp), cancellationToken,
                    b => b.State == BackupState.Pending && b.LeaseUntil <= now),
                _ => ending.FailAsync(
                    backup.Id, BackupFailure.AgentLost(options.Value.Lease), cancellationToken, b => b.LeaseUntil <= now),
            });
        }

        await scope.ServiceProvider.GetRequiredService<Deletion>().SweepAsync(cancellationToken);
    }

    /// <summary>
    /// Step 10, where a controller died between the sidecar and the commit, and the agent with it; or where the catalog is a copy from
    /// before the end. The archive is whole, so the backup is no failure.
    /// </summary>
    private async Task<bool> SucceedAsync(BackupEnding ending, ArchiveKey key, CancellationToken cancellationToken)
    {
        try
        {
            if (await store.GetLengthAsync(key, cancellationToken) is not { } length
                || await store.ReadSidecarAsync(key, cancellationToken) is not { } json)
            {
                return false;
            }

            var sidecar = ArchiveSidecar.FromJson(json);
            return sidecar.Key == key && sidecar.Size == length && await ending.SucceedAsync(
                key.BackupId,
                key.Attempt,
                new CompleteUpload(sidecar.Parts, sidecar.Size, sidecar.Sha256, sidecar.Summary),
                sidecar.Completed,
                readBackSince: null,
                cancellationToken);
        }
        catch (Exception exception) when (exception is ArchiveStoreException or JsonException)
        {
            // Its time is over: a store that doesn't answer is no reason to wait for longer.
            Log.NotLookedAt(logger, key, exception);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The sweep of unfinished backups failed; it is tried again with the next one.")]
        public static partial void SweepFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "Whether attempt {Key} was complete could not be found out; its backup fails.")]
        public static partial void NotLookedAt(ILogger logger, ArchiveKey key, Exception exception);
    }
}
