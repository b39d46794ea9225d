using System.Linq.Expressions;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Drills;

/// <summary>
/// Which drill a machine gets when it asks. What was asked for and waits comes first, in the order of its time; then what is due by
/// itself, longest undrilled first. A row is taken by compare-and-set, and there is one unfinished drill a backup: however many machines ask
/// however many controllers, each drill has one of them.
/// </summary>
internal sealed partial class DrillQueue(
    CatalogContext catalog, WriteGate gate, IOptions<DrillOptions> options, TimeProvider time, ILogger<DrillQueue> logger)
{
    /// <summary>Who asked for a drill that nobody asked for.</summary>
    public const string Schedule = "schedule";

    /// <summary>How many of the first in line are tried: others may take them at the same moment.</summary>
    private const int Tries = 8;

    /// <summary>What lies further ahead than our own pauses and this was written by a clock that was ahead, and holds nothing up.</summary>
    public static readonly TimeSpan ClocksDiffer = TimeSpan.FromHours(1);

    /// <summary>A good backup, by all that is known of it.</summary>
    private static readonly Expression<Func<BackupEntity, bool>> Good = backup =>
        backup.State == BackupState.Succeeded && backup.Deleted == null && backup.Verification != VerificationState.Damaged;

    /// <summary>Takes the next drill for a machine.</summary>
    /// <returns>As it is from now on; null: there is nothing to do.</returns>
    public async Task<DrillEntity?> TakeAsync(DrillMachineEntity machine, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var drill in await OpenFor(machine, now).Take(Tries).ToListAsync(cancellationToken))
        {
            if (await ClaimAsync(drill, machine, now, cancellationToken))
                return drill;
        }

        return machine.EveryDays is { } days && (machine.NextLook <= now || machine.NextLook > now + options.Value.LookInterval + ClocksDiffer)
            ? await TakeDueAsync(machine, days, now, cancellationToken)
            : null;
    }

    /// <summary>A drill of a backup, or the one that has not ended.</summary>
    public async Task<DrillEntity> AddAsync(BackupEntity backup, string requestedBy, Action added, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        while (true)
        {
            var unfinished = await catalog.Drills.AsNoTracking()
                .FirstOrDefaultAsync(d => d.BackupId == backup.Id && d.State < DrillState.Passed, cancellationToken);
            if (unfinished is not null)
                return unfinished;

            var drill = New(backup.Id, backup.Created, backup.ApplianceId, requestedBy, now);
            catalog.Drills.Add(drill);
            added();
            try
            {
                using var turn = await gate.EnterAsync(cancellationToken);
                await catalog.SaveChangesAsync(cancellationToken);
                return drill;
            }
            catch (DbUpdateException exception) when (exception.IsTaken())
            {
                catalog.ChangeTracker.Clear(); // somebody else asked at the same moment
            }
        }
    }

    /// <summary>Those that wait, those whose machine is gone, and the one that this machine lost track of.</summary>
    private IQueryable<DrillEntity> OpenFor(DrillMachineEntity machine, DateTimeOffset now)
    {
        var (noTry, noLease) = (now + options.Value.RetryAfter + ClocksDiffer, now + options.Value.Lease + ClocksDiffer);
        return
            from drill in catalog.Drills.AsNoTracking()
            join appliance in catalog.Appliances.Selected(machine.Appliances) on drill.ApplianceId equals appliance.Id
            where (drill.State == DrillState.Waiting && (drill.NextTry <= now || drill.NextTry > noTry))
                || (drill.State == DrillState.Running
                    && (drill.LeaseUntil <= now || drill.LeaseUntil > noLease || drill.MachineId == machine.ApplianceId))
            where catalog.Backups.Any(b => b.Id == drill.BackupId && b.State == BackupState.Succeeded && b.Deleted == null)
            orderby drill.NextTry, drill.Id
            select drill;
    }

    private async Task<bool> ClaimAsync(DrillEntity drill, DrillMachineEntity machine, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (attempt, until) = (drill.Attempt + 1, now + options.Value.Lease);
        using (await gate.EnterAsync(cancellationToken))
        {
            var claimed = await catalog.Drills
                .Where(d => d.Id == drill.Id && d.State == drill.State && d.Attempt == drill.Attempt && d.LeaseUntil == drill.LeaseUntil)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(d => d.State, DrillState.Running)
                        .SetProperty(d => d.Attempt, attempt)
                        .SetProperty(d => d.MachineId, machine.ApplianceId)
                        .SetProperty(d => d.Started, now)
                        .SetProperty(d => d.LeaseUntil, until)
                        .SetProperty(d => d.Message, (string?)null),
                    cancellationToken);
            if (claimed == 0)
                return false;
        }

        drill.Attempt = attempt;
        Log.Taken(logger, drill.Id, drill.BackupId, machine.ApplianceId, attempt);
        return true;
    }

    private async Task<DrillEntity?> TakeDueAsync(DrillMachineEntity machine, int days, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = await DueFor(machine, now - TimeSpan.FromDays(days), now - options.Value.RetryAfter, now + ClocksDiffer).FirstOrDefaultAsync(cancellationToken);
        if (due is null)
        {
            var later = now + options.Value.LookInterval;
            await catalog.DrillMachines
                .Where(m => m.ApplianceId == machine.ApplianceId)
                .ExecuteUpdateAsync(set => set.SetProperty(m => m.NextLook, later), cancellationToken);
            return null;
        }

        var drill = New(due.Id, due.Created, due.ApplianceId, Schedule, now);
        catalog.Drills.Add(drill);
        try
        {
            using var turn = await gate.EnterAsync(cancellationToken);
            await catalog.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception) when (exception.IsTaken())
        {
            return null; // another machine has begun it; it is asked again soon
        }

        catalog.ChangeTracker.Clear();
        return await ClaimAsync(drill, machine, now, cancellationToken) ? drill : null;
    }

    /// <summary>
    /// The newest good backup of each appliance that wasn't drilled since a time, longest undrilled first. Once a drill has failed, an older
    /// backup doesn't take its place: a check that is wrong itself would condemn one backup after the other. A newer one does. A drill that was
    /// cancelled is not begun again behind the back of whoever did so, either.
    /// </summary>
    /// <param name="impossible">What ended later than this did so at a time that nobody knows: it doesn't count.</param>
    private IQueryable<BackupEntity> DueFor(
        DrillMachineEntity machine, DateTimeOffset since, DateTimeOffset givenUpSince, DateTimeOffset impossible)
    {
        var good = catalog.Backups.AsNoTracking().Where(Good);
        return
            from backup in good
            join appliance in catalog.Appliances.Selected(machine.Appliances) on backup.ApplianceId equals appliance.Id
            where !good.Any(newer => newer.ApplianceId == backup.ApplianceId && newer.Created > backup.Created)
            where !catalog.Drills.Any(d => d.ApplianceId == backup.ApplianceId
                && (d.State < DrillState.Passed || d.Ended <= impossible)
                && (d.State < DrillState.Passed
                    || (d.State == DrillState.Passed && d.Ended > since)
                    || ((d.State == DrillState.Failed || d.State == DrillState.Cancelled) && d.Ended > since && d.BackupCreated >= backup.Created)
                    || (d.State == DrillState.CouldNot && d.Ended > givenUpSince)))
            let last = catalog.Drills
                .Where(d => d.ApplianceId == backup.ApplianceId && (d.State == DrillState.Passed || d.State == DrillState.Failed))
                .OrderByDescending(d => d.Ended)
                .Select(d => d.Ended)
                .FirstOrDefault()
            orderby last != null, last, backup.Created
            select backup;
    }

    private static DrillEntity New(Guid backupId, DateTimeOffset backupCreated, Guid applianceId, string requestedBy, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        BackupId = backupId,
        BackupCreated = backupCreated,
        ApplianceId = applianceId,
        State = DrillState.Waiting,
        RequestedBy = requestedBy,
        Created = now,
        NextTry = now,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Drill {Drill} of backup {Backup} goes to machine {Machine}, attempt {Attempt}.")]
        public static partial void Taken(ILogger logger, Guid drill, Guid backup, Guid machine, int attempt);
    }
}
