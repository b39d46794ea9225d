using System.Linq.Expressions;
using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Drills;

/// <summary>
/// Says what nobody else says: that a machine wasn't heard of, that a backup went before its drill, that a drill is given up. It runs on
/// every controller; each change is one statement with its condition in it.
/// </summary>
internal sealed partial class DrillSweep(
    IServiceScopeFactory scopes, DrillMetrics metrics, IOptions<DrillOptions> options, TimeProvider time, ILogger<DrillSweep> logger)
    : BackgroundService
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
        var impossible = now + options.Value.Lease + DrillQueue.ClocksDiffer;
        await catalog.Drills
            .Where(d => d.State == DrillState.Running && (d.LeaseUntil <= now || d.LeaseUntil > impossible))
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(d => d.State, DrillState.Waiting)
                    .SetProperty(d => d.LeaseUntil, (DateTimeOffset?)null)
                    .SetProperty(d => d.NextTry, now)
                    .SetProperty(d => d.Message, lost),
                cancellationToken);
        var gone = await catalog.Drills
            .Where(d => d.State == DrillState.Waiting
                && !catalog.Backups.Any(b => b.Id == d.BackupId && b.State == BackupState.Succeeded && b.Deleted == null))
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(d => d.State, DrillState.CouldNot)
                    .SetProperty(d => d.Ended, now)
                    .SetProperty(d => d.Message, "The backup was deleted before it was drilled."),
                cancellationToken);
        if (gone > 0)
            metrics.Ended(DrillState.CouldNot, gone);

        var over = now - options.Value.GiveUpAfter;
        foreach (var drill in await catalog.Drills.AsNoTracking().Where(Expired(over)).OrderBy(d => d.Id).ToListAsync(cancellationToken))
            await GiveUpAsync(scope.ServiceProvider, drill, over, now, cancellationToken);

        var forgotten = now - Kept;
        await catalog.Drills.Where(d => d.State >= DrillState.Passed && d.Ended <= forgotten).ExecuteDeleteAsync(cancellationToken);
    }

    private static Expression<Func<DrillEntity, bool>> Expired(DateTimeOffset over) => d => d.State == DrillState.Waiting && d.Created <= over;

    /// <summary>One by one, each with its event: who ends it tells of it.</summary>
    private async Task GiveUpAsync(
        IServiceProvider services, DrillEntity drill, DateTimeOffset over, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // The last machine's own words, where one has tried.
        var message = drill.Message ?? "No drill machine asked for it. See whether one is online: backstay drill machines";
        var (catalog, events) = (services.GetRequiredService<CatalogContext>(), services.GetRequiredService<EventOutbox>());
        using (await services.GetRequiredService<WriteGate>().EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (await catalog.Drills.Where(Expired(over)).Where(d => d.Id == drill.Id).ExecuteUpdateAsync(
                set => set
                    .SetProperty(d => d.State, DrillState.CouldNot)
                    .SetProperty(d => d.Ended, now)
                    .SetProperty(d => d.Message, message),
                cancellationToken) == 0)
            {
                return;
            }

            var name = await catalog.Appliances.Where(a => a.Id == drill.ApplianceId).Select(a => a.Name).FirstOrDefaultAsync(cancellationToken);
            events.Add(
                catalog,
                EventKind.DrillGivenUp,
                drill.ApplianceId,
                drill.BackupId,
                $"The drill of backup {drill.BackupId} of {name ?? drill.ApplianceId.ToString()} was given up: no drill machine was able to do it. {message}");
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        catalog.ChangeTracker.Clear();
        events.Wake();
        metrics.Ended(DrillState.CouldNot);
        Log.GivenUp(logger, drill.Id, drill.BackupId, message);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Drill {Drill} of backup {Backup} was given up. {Message}")]
        public static partial void GivenUp(ILogger logger, Guid drill, Guid backup, string message);

        [LoggerMessage(LogLevel.Error, "Drills could not be swept; they are with the next look.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
