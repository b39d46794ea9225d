using Backstay.Protocol.Admin;

namespace Backstay.Controller.Retention;

/// <summary>
/// The rules of retention, and nothing but the rules: what is here depends on its arguments alone. A backup goes when no policy that
/// applies keeps it and nothing else protects it; so another policy, or a higher count, never lets more go.
/// </summary>
internal static class RetentionPlan
{
    private static readonly (RetentionRule Rule, Func<RetentionRules, int> Count, Func<DateTimeOffset, long> Period)[] Calendar =
    [
        (RetentionRule.Hourly, rules => rules.Hourly, RetentionRules.HourOf),
        (RetentionRule.Daily, rules => rules.Daily, RetentionRules.DayOf),
        (RetentionRule.Weekly, rules => rules.Weekly, RetentionRules.WeekOf),
        (RetentionRule.Monthly, rules => rules.Monthly, RetentionRules.MonthOf),
        (RetentionRule.Yearly, rules => rules.Yearly, RetentionRules.YearOf),
    ];

    /// <summary>Judges all backups of one appliance.</summary>
    /// <param name="policies">Those that apply to it. Without any, everything stays.</param>
    /// <returns>A verdict for each, newest first.</returns>
    public static IReadOnlyList<Verdict> Of(IEnumerable<Candidate> backups, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now)
    {
        List<Judged> all = [.. backups.Select(b => new Judged(b))];
        all.Sort((one, other) => other.Backup.CompareTo(one.Backup));

        // Only what is good is counted: a damaged one must not take the place of a good one, nor one from a time that has not come.
        List<Judged> good = [.. all.Where(b => !b.Backup.Damaged && b.Backup.Created <= now)];
        Protect(all, good, policies, now);
        foreach (var policy in policies)
        {
            if (policy.Rules is { } rules)
                Keep(policy.Name, rules, all, good, now);
        }

        return all.ConvertAll(b => new Verdict(b.Backup, b.Reasons is not null, b.Reasons ?? WhyNot(b.Backup, policies, now)));
    }

    /// <summary>What stays whatever the rules say.</summary>
    private static void Protect(List<Judged> all, List<Judged> good, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now)
    {
        good.FirstOrDefault()?.Keep(RetentionRule.NewestGood);
        good.Find(b => b.Backup.Verified)?.Keep(RetentionRule.NewestVerified);
        var (opened, drilled) = (good.Find(b => b.Backup.ContentVerified), good.Find(b => b.Backup.Drilled));
        opened?.Keep(RetentionRule.NewestProven);
        if (drilled != opened)
            drilled?.Keep(RetentionRule.NewestProven);
        List<PolicyInForce> withoutRules = [.. policies.Where(policy => policy.Rules is null)];
        foreach (var judged in all)
        {
            if (judged.Backup.Held)
                judged.Keep(RetentionRule.Held);
            if (judged.Backup.LockedUntil > now)
                judged.Keep(RetentionRule.Locked);
            if (judged.Backup.Created > now)
                judged.Keep(RetentionRule.NotYet);
            else if (judged.Backup.Damaged && !(good.Count > 0 && good[0].Backup.CompareTo(judged.Backup) > 0))
                judged.Keep(RetentionRule.NothingBetter);
            if (policies.Count == 0)
                judged.Keep(RetentionRule.NoPolicy);
            foreach (var policy in withoutRules)
                judged.Keep(policy.WithoutRules, policy.Name);
        }
    }

    private static void Keep(string policy, RetentionRules rules, List<Judged> all, List<Judged> good, DateTimeOffset now)
    {
        // The newest come first: those that are too old are the end of the list, and no rule looks past it.
        var young = rules.MaxAge is { } limit ? good.TakeWhile(b => now - b.Backup.Created <= limit).ToList() : good;
        for (var i = 0; i < Math.Min(rules.Last, young.Count); i++)
            young[i].Keep(RetentionRule.Last, policy, i + 1);

        foreach (var (rule, count, period) in Calendar)
            KeepNewestOfEach(rule, policy, count(rules), created => period(TimeZoneInfo.ConvertTime(created, rules.Zone)), young);

        if (rules.Within is { } within)
        {
            var (place, oldest) = (0, within < rules.MaxAge ? within : rules.MaxAge ?? within);
            foreach (var judged in all.SkipWhile(b => b.Backup.Created > now).TakeWhile(b => now - b.Backup.Created <= oldest))
                judged.Keep(RetentionRule.Within, policy, ++place);
        }
    }

    /// <summary>The newest of each period that has one, until there are enough.</summary>
    private static void KeepNewestOfEach(
        RetentionRule rule, string policy, int count, Func<DateTimeOffset, long> period, List<Judged> young)
    {
        HashSet<long> seen = [];
        for (var i = 0; i < young.Count && seen.Count < count; i++)
        {
            if (seen.Add(period(young[i].Backup.Created)))
                young[i].Keep(rule, policy, seen.Count);
        }
    }

    private static List<RetentionReason> WhyNot(Candidate backup, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now) =>
    [
        .. policies.Select(policy => new RetentionReason(
            now - backup.Created > policy.Rules!.MaxAge ? RetentionRule.MaxAge : RetentionRule.NotKept, policy.Name)),
    ];

    /// <summary>A backup, and why it stays as far as is known.</summary>
    private sealed class Judged(Candidate backup)
    {
        public Candidate Backup => backup;

        /// <summary>Null: there is none yet, and it goes.</summary>
        public List<RetentionReason>? Reasons { get; private set; }

        public void Keep(RetentionRule rule, string? policy = null, int? place = null) =>
            (Reasons ??= []).Add(new RetentionReason(rule, policy, place));
    }
}
