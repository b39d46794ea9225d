using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Controller.Tests.Retention;

namespace Backstay.Controller.Tests.Simulation;

/// <summary>Lets go what retention lets go, by the controller's own plan, and looks at all that it promises.</summary>
internal static class RetentionPromises
{
    /// <returns>How many went.</returns>
    public static int Round(SimulatedHistory history, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now, bool compare)
    {
        var candidates = history.Candidates();
        var verdicts = RetentionPlan.Of(candidates, policies, now);
        var going = verdicts.Where(v => !v.Keep).Select(v => v.Backup).ToList();
        var kept = verdicts.Where(v => v.Keep).Select(v => v.Backup).ToList();
        var where = $"{history.Appliance.Name} at {now:O}";

        // Never the last good one, never one that is held, locked, running or failed.
        var good = candidates.Where(b => !b.Damaged && b.Created <= now).OrderBy(b => (b.Created, b.Id)).ToList();
        Assert.True(good.Count == 0 || !going.Any(b => b.Id == good[^1].Id), $"the newest good one would go: {where}");
        Assert.True(good.Count == 0 || kept.Any(b => !b.Damaged), $"no good one would stay: {where}");
        Assert.True(good.FindLast(b => b.Verified) is not { } proven || kept.Contains(proven), $"the newest proven one would go: {where}");
        Assert.True(good.FindLast(b => b.ContentVerified) is not { } opened || kept.Contains(opened), $"the newest opened one would go: {where}");
        Assert.True(good.FindLast(b => b.Drilled) is not { } drilled || kept.Contains(drilled), $"the newest drilled one would go: {where}");
        foreach (var backup in going)
        {
            var row = history.Backups[backup.Id];
            Assert.True(
                row is { State: BackupState.Succeeded, HeldBy: null } && !(row.LockedUntil > now) && row.Created <= now, $"{backup} is protected: {where}");
        }

        // Nothing is kept beyond the age that every policy sets, but by what goes before policies.
        if (policies.All(p => p.Rules!.MaxAge is not null))
        {
            var limit = policies.Max(p => p.Rules!.MaxAge!.Value);
            Assert.All(
                verdicts.Where(v => v.Keep && now - v.Backup.Created > limit),
                v => Assert.All(v.Reasons, reason => Assert.Null(reason.Policy)));
        }

        if (compare)
            Compare(candidates, kept, policies, now, where);

        foreach (var backup in going)
            history.Backups.Remove(backup.Id);

        // A round right after it finds nothing to do: where nothing went it would be this one again.
        Assert.True(
            going.Count == 0 || RetentionPlan.Of(history.Candidates(), policies, now).All(v => v.Keep), $"a second round lets more go: {where}");
        return going.Count;
    }

    private static void Compare(
        List<Candidate> candidates, List<Candidate> kept, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now, string where)
    {
        var ids = kept.Select(b => b.Id).ToHashSet();
        Assert.True(NaiveRetention.Kept(candidates, policies, now).SetEquals(ids), $"not what the oracle keeps: {where}");

        // Another rule, or another policy, lets nothing more go.
        var (first, more) = (policies[0], policies[0].Rules!);
        List<PolicyInForce> wider = [.. policies.Skip(1), first with { Rules = more with { Weekly = more.Weekly + 2, Yearly = more.Yearly + 1 } }];
        List<PolicyInForce> another = [.. policies, new("another", more with { MaxAge = TimeSpan.FromDays(1) })];
        Assert.True(Kept(wider).IsSupersetOf(ids) && Kept(another).IsSupersetOf(ids), $"more rules let more go: {where}");

        HashSet<Guid> Kept(List<PolicyInForce> of) => [.. RetentionPlan.Of(candidates, of, now).Where(v => v.Keep).Select(v => v.Backup.Id)];
    }
}
