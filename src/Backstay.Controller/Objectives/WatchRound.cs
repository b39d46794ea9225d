using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Objectives;

/// <summary>
/// Compares all appliances with their objectives and tells what is new: that one is overdue, once a day that it still is, and that it is no
/// more; and the same of a store that is nearly full. Each is one change of a row, made by compare-and-set, in the transaction of its event:
/// however many controllers do rounds at the same moment, and wherever one dies, it is told once.
/// </summary>
internal sealed partial class WatchRound(
    CatalogContext catalog,
    FleetReader fleet,
    WriteGate gate,
    StoreRoom room,
    EventOutbox events,
    DailyEvents daily,
    IOptions<ObjectiveOptions> options,
    TimeProvider time,
    ILogger<WatchRound> logger)
{
    /// <summary>Takes the round that is due, for this controller alone; false: none is due, or another one has it.</summary>
    public async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var next = now + options.Value.Interval;

        // A next round further away than any clock sets it was set by a clock that was ahead.
        var absurd = next + options.Value.Interval;
        var due = catalog.WatchState.Where(s => s.NextRound == null || s.NextRound <= now || s.NextRound > absurd);

        // Most looks find nothing due, and then nobody has to wait for the right to write.
        return await due.AnyAsync(cancellationToken)
            && await due.ExecuteUpdateAsync(set => set.SetProperty(s => s.NextRound, next), cancellationToken) == 1;
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var told = await catalog.OverdueAppliances.AsNoTracking().ToDictionaryAsync(o => o.ApplianceId, cancellationToken);
        foreach (var standing in await fleet.ReadAsync(catalog.Appliances, now, cancellationToken))
        {
            switch (standing.IsOverdue, told.GetValueOrDefault(standing.Appliance.Id))
            {
                case (true, null):
                    await BeginAsync(standing, now, cancellationToken);
                    break;
                case (true, { } row) when DailyEvents.IsDue(row.NextTelling, now):
                    await RemindAsync(standing, row, now, cancellationToken);
                    break;
                case (false, { } row):
                    await EndAsync(standing, row, cancellationToken);
                    break;
            }
        }

        await WatchStoreAsync(cancellationToken);
        await catalog.WatchState.ExecuteUpdateAsync(set => set.SetProperty(s => s.LastRound, now), cancellationToken);
        events.Wake();
    }

    private async Task BeginAsync(Standing standing, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var appliance = standing.Appliance;
        using (await gate.EnterAsync(cancellationToken))
        {
            catalog.OverdueAppliances.Add(new OverdueApplianceEntity
            {
                ApplianceId = appliance.Id,
                Since = standing.OverdueAt!.Value,
                NextTelling = now + DailyEvents.Every,
            });
            events.Add(catalog, EventKind.BackupOverdue, appliance.Id, null, $"{appliance.Name} is overdue. {standing.Reason}");
            try
            {
                await catalog.SaveChangesAsync(cancellationToken);
                Log.Overdue(logger, appliance.Id, standing.Reason);
            }
            catch (DbUpdateException exception) when (exception.IsTaken() || CatalogErrors.BreaksReference(exception))
            {
                // Another controller has told, or the appliance is gone.
            }
        }

        catalog.ChangeTracker.Clear();
    }

    private Task RemindAsync(Standing standing, OverdueApplianceEntity row, DateTimeOffset now, CancellationToken cancellationToken) => TellAsync(
        rows => rows
            .Where(o => o.ApplianceId == row.ApplianceId && o.NextTelling == row.NextTelling)
            .ExecuteUpdateAsync(set => set.SetProperty(o => o.NextTelling, now + DailyEvents.Every), cancellationToken),
        EventKind.BackupOverdue,
        standing.Appliance.Id,
        $"{standing.Appliance.Name} is still overdue, since {row.Since.UtcDateTime:yyyy-MM-dd HH:mm} UTC. {standing.Reason}",
        cancellationToken);

    private Task EndAsync(Standing standing, OverdueApplianceEntity row, CancellationToken cancellationToken) => TellAsync(
        rows => rows.Where(o => o.ApplianceId == row.ApplianceId && o.NextTelling == row.NextTelling).ExecuteDeleteAsync(cancellationToken),
        EventKind.BackupRecovered,
        standing.Appliance.Id,
        standing.State switch
        {
            ProtectionState.Inactive => $"{standing.Appliance.Name} is no more overdue: it was deactivated.",
            ProtectionState.NoObjective => $"{standing.Appliance.Name} is no more overdue: no objective asks for backups of it.",
            _ => $"{standing.Appliance.Name} is protected again: its newest backup is of {standing.Good?.UtcDateTime:yyyy-MM-dd HH:mm} UTC.",
        },
        cancellationToken);

    /// <summary>The event, if the row was ours to change.</summary>
    private async Task TellAsync(
        Func<DbSet<OverdueApplianceEntity>, Task<int>> change, EventKind kind, Guid applianceId, string message, CancellationToken cancellationToken)
    {
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (await change(catalog.OverdueAppliances) == 0)
                return;

            events.Add(catalog, kind, applianceId, null, message);
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        catalog.ChangeTracker.Clear();
    }

    private async Task WatchStoreAsync(CancellationToken cancellationToken)
    {
        await room.MeasureAsync(cancellationToken);
        var (level, next) = (room.Level, await catalog.WatchState.Select(s => s.StoreNextTelling).SingleAsync(cancellationToken));
        if (level.State == StoreState.Ample)
        {
            if (next is not null)
            {
                await catalog.WatchState.ExecuteUpdateAsync(
                    set => set.SetProperty(s => s.StoreNextTelling, (DateTimeOffset?)null), cancellationToken);
            }

            return;
        }

        await daily.TellAsync(
            next,
            moved => catalog.WatchState
                .Where(s => s.StoreNextTelling == next)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.StoreNextTelling, moved), cancellationToken),
            EventKind.StoreNearlyFull,
            level.State == StoreState.Short
                ? $"The store is all but full: archives take {level.Used} of {level.Capacity} bytes, and no new backup is begun. Make room."
                : $"The store fills up: archives take {level.Used} of {level.Capacity} bytes. Delete backups, or give it more room.",
            cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Appliance {Appliance} is overdue. {Reason}")]
        public static partial void Overdue(ILogger logger, Guid appliance, string? reason);
    }
}
