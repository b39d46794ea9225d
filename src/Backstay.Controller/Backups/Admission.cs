using System.Linq.Expressions;
using Backstay.Controller.Agents;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>
/// Bounds how many backups run at once. A backup that was accepted waits in the catalog until it is admitted: only then its agent is
/// told of it, and its times begin to count. Oldest first, but an appliance that is offline doesn't keep those behind it waiting.
/// </summary>
/// <remarks>
/// Any controller admits, whenever it is told that there may be room (<see cref="AdmissionHint"/>), and every
/// <see cref="BackupOptions.SweepInterval"/> whatever it was told. Two of them counting at the same moment would both find the last free
/// place; so each counts and admits in a transaction of which there is one at a time on all controllers. The limit in all is never
/// exceeded. Nothing is kept in memory, and a controller that dies in the middle has admitted nothing.
/// </remarks>
internal sealed partial class Admission(
    IDbContextFactory<CatalogContext> catalogs,
    WriteGate gate,
    ControllerIdentity controller,
    IHintChannel hints,
    BackupMetrics metrics,
    IOptions<BackupOptions> options,
    TimeProvider time,
    ILogger<Admission> logger)
{
    public const string WaitingMessage = "Waiting for its turn.";

    private static readonly Expression<Func<BackupEntity, bool>> Waits = b => b.State == BackupState.Pending && b.Admitted == null;

    /// <summary>Admits as many as there is room for.</summary>
    public async Task AdmitAsync(CancellationToken cancellationToken)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        while (true)
        {
            // Most of the time nothing waits, or nothing is free: then one read is all it costs.
            var load = await LoadAsync(catalog, cancellationToken);
            metrics.Load(load.Waiting, load.InAll);
            if (load.Waiting == 0 || Free(load) == 0)
                return;

            var admitted = await AdmitFreeAsync(catalog, cancellationToken);
            foreach (var backup in admitted)
            {
                // Step 2. A hint; if it is lost, the agent hears of the backup from the poll of its controller, with a heartbeat, or when it
                // connects.
                await hints.SendAsync(AgentHint.Backup(backup.ApplianceId, backup.Id));
                Log.Hinted(logger, backup.ApplianceId, backup.Id);
            }

            if (admitted.Count == 0)
                return;
        }
    }

    /// <summary>What a waiting backup shows to those who follow it. Its place is that among all that wait, 1 is the next.</summary>
    public static async Task<string> MessageAsync(CatalogContext catalog, BackupEntity waiting, CancellationToken cancellationToken)
    {
        var place = await catalog.Backups.Where(Waits).CountAsync(b => b.Created <= waiting.Created, cancellationToken);
        return $"Waiting for its turn: place {Math.Max(place, 1)} in the queue.";
    }

    private int Free(Load load) =>
        Math.Max(0, Math.Min(options.Value.MaxParallel - load.InAll, options.Value.MaxParallelPerController - load.Here));

    private async Task<Load> LoadAsync(CatalogContext catalog, CancellationToken cancellationToken) =>
        await catalog.Backups
            .Where(b => b.State < BackupState.Succeeded)
            .GroupBy(_ => 1)
            .Select(all => new Load(
                all.Count(b => b.State == BackupState.Pending && b.Admitted == null),
                all.Count(b => b.Admitted != null),
                all.Count(b => b.AdmittedBy == controller.Id)))
            .FirstOrDefaultAsync(cancellationToken) ?? new Load(0, 0, 0);

    private async Task<IReadOnlyList<Admitted>> AdmitFreeAsync(CatalogContext catalog, CancellationToken cancellationToken)
    {
        using (await gate.EnterAsync(cancellationToken))
        {
            // What is read from here on has everything that those who were alone before have committed, at READ COMMITTED too.
            await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
            var next = await NextAsync(catalog, Free(await LoadAsync(catalog, cancellationToken)), cancellationToken);
            var now = time.GetUtcNow();
            await catalog.Backups
                .Where(Waits)
                .Where(b => next.Contains(b.Id))
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.Admitted, now)
                        .SetProperty(b => b.AdmittedBy, controller.Id)
                        .SetProperty(b => b.LeaseUntil, now + options.Value.PickUp)
                        .SetProperty(b => b.Deadline, now + options.Value.Deadline)
                        .SetProperty(b => b.Message, "Waiting for the agent to begin."),
                    cancellationToken);

            // One that was cancelled in between is not among them.
            var admitted = await catalog.Backups
                .Where(b => next.Contains(b.Id) && b.State == BackupState.Pending && b.Admitted != null)
                .OrderBy(b => b.Created)
                .Select(b => new Admitted(b.Id, b.ApplianceId))
                .ToListAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return admitted;
        }
    }

    /// <summary>The oldest whose agents are connected; where that leaves places, the oldest of the others: they may be on their way back.</summary>
    private async Task<List<Guid>> NextAsync(CatalogContext catalog, int free, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var online = await OldestAsync(a => a.OnlineUntil > now, free);
        return online.Count == free ? online : [.. online, .. await OldestAsync(a => a.OnlineUntil == null || a.OnlineUntil <= now, free - online.Count)];

        Task<List<Guid>> OldestAsync(Expression<Func<ApplianceEntity, bool>> whose, int atMost) => catalog.Backups
            .Where(Waits)
            .Join(catalog.Appliances.Where(whose), b => b.ApplianceId, a => a.Id, (b, _) => b)
            .OrderBy(b => b.Created).ThenBy(b => b.Id)
            .Select(b => b.Id)
            .Take(atMost)
            .ToListAsync(cancellationToken);
    }

    /// <summary>Unfinished backups: those that wait, those that were admitted, and those that this controller has admitted.</summary>
    private sealed record Load(int Waiting, int InAll, int Here);

    private sealed record Admitted(Guid Id, Guid ApplianceId);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 2: the agent of appliance {Appliance} is told of backup {Backup}, where it is connected.")]
        public static partial void Hinted(ILogger logger, Guid appliance, Guid backup);
    }
}
