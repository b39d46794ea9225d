using System.Text.Json;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Retention;

/// <summary>
/// Lets go what no policy keeps, appliance by appliance, in the order of DELETE: the row is marked and the line of the audit log
/// written in one transaction, then the store lets go, then the row goes. It may stop anywhere: what is marked the sweep of backups
/// finishes, and the rest is judged again in the next round. Marking is a compare-and-set: two controllers do it once.
/// </summary>
internal sealed partial class Pruning(CatalogContext catalog, WriteGate gate, AuditTrail audit, Deletion deletion, ILogger<Pruning> logger)
{
    private const int AppliancesAtOnce = 100;

    /// <returns>How many backups went.</returns>
    public async Task<int> RunAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var policies = await PolicySet.LoadAsync(catalog, cancellationToken);
        foreach (var name in policies.Unreadable)
            Log.Unreadable(logger, name);

        var (pruned, appliances) = (0, await catalog.Appliances.AsNoTracking().ToListAsync(cancellationToken));
        foreach (var batch in appliances.Chunk(AppliancesAtOnce))
        {
            // Most of them have nothing to let go: that is found out without a transaction.
            var backups = await CandidatesAsync([.. batch.Select(a => a.Id)], cancellationToken);
            foreach (var appliance in batch.Where(a => RetentionPlan.Of(backups[a.Id], policies.For(a), now).Any(verdict => !verdict.Keep)))
                pruned += await PruneAsync(appliance.Id, now, cancellationToken);
        }

        return pruned;
    }

    public async Task<ILookup<Guid, Candidate>> CandidatesAsync(List<Guid> appliances, CancellationToken cancellationToken) =>
        (await catalog.Backups.AsNoTracking()
            .Where(b => EF.Parameter(appliances).Contains(b.ApplianceId))
            .Where(Candidate.Is)
            .Select(Candidate.Of)
            .ToListAsync(cancellationToken))
        .ToLookup(b => b.ApplianceId);

    private async Task<int> PruneAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<Candidate> marked = [];
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.BeginWithBackupsOfAsync(id, cancellationToken);

            // Judged again, by nothing that was read before: what was to be kept may have been deleted, found damaged or held since, a policy
            // saved, the appliance given another tag.
            if (await catalog.Appliances.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id, cancellationToken) is not { } appliance)
                return 0;

            var policies = (await PolicySet.LoadAsync(catalog, cancellationToken)).For(appliance);
            var backups = await CandidatesAsync([id], cancellationToken);
            foreach (var verdict in RetentionPlan.Of(backups[id], policies, now).Where(verdict => !verdict.Keep))
            {
                var backup = verdict.Backup.Id;
                if (await catalog.Backups
                    .Where(b => b.Id == backup)
                    .Where(Candidate.Is)
                    .Where(Protection.AllowsDeletion(now))
                    .ExecuteUpdateAsync(set => set.SetProperty(b => b.Deleted, now), cancellationToken) == 1)
                {
                    audit.Add("backup.prune", appliance.Name, Describe(verdict), outcome: 0);
                    marked.Add(verdict.Backup);
                }
            }

            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        catalog.ChangeTracker.Clear();
        foreach (var backup in marked)
        {
            Log.Pruned(logger, backup.Id, id, backup.Created);
            await deletion.FinishAsync(backup.Id, backup.Attempt, cancellationToken);
        }

        return marked.Count;
    }

    /// <summary>With every policy that could have kept it, and the rule by which it didn't.</summary>
    private static string Describe(Verdict verdict) =>
        $"backup {verdict.Backup.Id} of {verdict.Backup.Created.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}: "
        + string.Join(", ", verdict.Reasons.Select(reason => $"{JsonNamingPolicy.KebabCaseLower.ConvertName(reason.Rule.ToString())} by {reason.Policy}"));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Backup {Backup} of appliance {Appliance}, made {Created}, goes: no policy keeps it.")]
        public static partial void Pruned(ILogger logger, Guid backup, Guid appliance, DateTimeOffset created);

        [LoggerMessage(LogLevel.Error,
            "The time zone of retention policy {Policy} is unknown to this machine: everything of the appliances that it applies to stays.")]
        public static partial void Unreadable(ILogger logger, string policy);
    }
}
