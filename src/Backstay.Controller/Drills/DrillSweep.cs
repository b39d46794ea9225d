using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Drills;

/// <summary>
/// Says what nobody else says: that a machine wasn't heard of, that a backup went before its drill, that a drill is given up. It runs on
/// every controller; each change is one statement with its condition in it.
/// </summary>
internal sealed partial class DrillSweep(
    IServiceScopeFactory scopes, IOptions<DrillOptions> options, TimeProvider time, ILogger<DrillSweep> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>Longer than any drill machine's <see cref="DrillMachine.EveryDays"/>: what is due is judged by these rows.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
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
                    Log.Failed(logger, exception);
                }
            }
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
        var now = time.GetUtcNow();

        var lost = $"The drill machine wasn't heard of for {options.Value.Lease.TotalSeconds:0} seconds; the drill waits for the next that asks.";
        await catalog.Drills
            .Where(d => d.State == DrillState.Running && d.LeaseUntil <= now)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(d => d.State, DrillState.Waiting)
                    .SetProperty(d => d.LeaseUntil, (DateTimeOffset?)null)
                    .SetProperty(d => d.NextTry, now)
                    .SetProperty(d => d.Message, lost),
                cancellationToken);
        await GiveUpAsync(
            catalog.Drills.Where(d => d.State == DrillState.Waiting
                && !catalog.Backups.Any(b => b.Id == d.BackupId && b.State == BackupState.Succeeded && b.Deleted == null)),
            "The backup was deleted before it was drilled.",
            now,
            cancellationToken);

        var over = now - options.Value.GiveUpAfter;
        await GiveUpAsync(
            catalog.Drills.Where(d => d.State == DrillState.Waiting && d.Created <= over && d.Message == null),
            "No drill machine asked for it. See whether one is online: backstay drill machines",
            now,
            cancellationToken);
        await GiveUpAsync(
            catalog.Drills.Where(d => d.State == DrillState.Waiting && d.Created <= over), message: null, now, cancellationToken);

        var forgotten = now - Kept;
        await catalog.Drills.Where(d => d.State >= DrillState.Passed && d.Ended <= forgotten).ExecuteDeleteAsync(cancellationToken);
    }

    /// <param name="message">Null: the last machine's own words stay.</param>
    private async Task GiveUpAsync(IQueryable<DrillEntity> drills, string? message, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var given = await drills.ExecuteUpdateAsync(
            set => set
                .SetProperty(d => d.State, DrillState.CouldNot)
                .SetProperty(d => d.Ended, now)
                .SetProperty(d => d.Message, d => message ?? d.Message),
            cancellationToken);
        if (given > 0)
            Log.GivenUp(logger, given);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Count} drills were given up: backstay drill list --state could-not says why.")]
        public static partial void GivenUp(ILogger logger, int count);

        [LoggerMessage(LogLevel.Error, "Drills could not be swept; they are with the next look.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
