using System.Globalization;
using Backstay.Controller.Retention;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Retention;

/// <summary>
/// The rules once more, as a person would check them by hand: one backup at a time, each compared with all others. Slow, and shares
/// nothing with the plan but its words.
/// </summary>
internal static class NaiveRetention
{
    public static HashSet<Guid> Kept(IReadOnlyCollection<Candidate> backups, IReadOnlyList<PolicyInForce> policies, DateTimeOffset now) =>
        [.. backups.Where(b => IsProtected(b, backups, now) || policies.Count == 0 || policies.Any(p => Keeps(p.Rules, b, backups, now))).Select(b => b.Id)];

    private static bool IsProtected(Candidate backup, IReadOnlyCollection<Candidate> backups, DateTimeOffset now)
    {
        var newer = backups.Where(other => IsGood(other, now) && Newer(other, backup)).ToList();
        var isNewestGood = IsGood(backup, now) && newer.Count == 0;
        var isNewestVerified = IsGood(backup, now) && backup.Verification == VerificationState.Verified
            && !newer.Any(other => other.Verification == VerificationState.Verified);
        var isNewestOpened = IsGood(backup, now) && backup.ContentVerified && !newer.Any(other => other.ContentVerified);
        var isNewestDrilled = IsGood(backup, now) && backup.Drilled && !newer.Any(other => other.Drilled);
        var isDamagedAndNothingBetter = backup.Verification == VerificationState.Damaged && newer.Count == 0;
        return isNewestGood || isNewestVerified || isNewestOpened || isNewestDrilled || isDamagedAndNothingBetter
            || backup.Held || backup.LockedUntil > now || backup.Created > now;
    }

    private static bool Keeps(RetentionRules? rules, Candidate backup, IReadOnlyCollection<Candidate> backups, DateTimeOffset now)
    {
        if (rules is null)
            return true;
        if (rules.MaxAge is { } limit && now - backup.Created > limit)
            return false;
        if (rules.Within is { } within && now - backup.Created <= within)
            return true;
        if (!IsGood(backup, now))
            return false;

        var newer = backups.Where(other => IsGood(other, now) && Newer(other, backup)).ToList();
        return newer.Count < rules.Last
            || IsNewestOfOneOfTheLast(rules.Hourly, Hour)
            || IsNewestOfOneOfTheLast(rules.Daily, local => local.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
            || IsNewestOfOneOfTheLast(rules.Weekly, local => $"{ISOWeek.GetYear(local.DateTime)}/{ISOWeek.GetWeekOfYear(local.DateTime)}")
            || IsNewestOfOneOfTheLast(rules.Monthly, local => local.ToString("yyyy-MM", CultureInfo.InvariantCulture))
            || IsNewestOfOneOfTheLast(rules.Yearly, local => local.ToString("yyyy", CultureInfo.InvariantCulture));

        bool IsNewestOfOneOfTheLast(int count, Func<DateTimeOffset, string> period)
        {
            var periods = newer.Select(other => period(Local(other))).ToHashSet();
            return periods.Count < count && !periods.Contains(period(Local(backup)));
        }

        // What a clock on the wall shows, and which of two equal readings in autumn it is.
        string Hour(DateTimeOffset local) => local.ToString("yyyy-MM-dd HH zzz", CultureInfo.InvariantCulture);

        DateTimeOffset Local(Candidate of) => of.Created.ToOffset(rules.Zone.GetUtcOffset(of.Created));
    }

    private static bool IsGood(Candidate backup, DateTimeOffset now) => backup.Verification != VerificationState.Damaged && backup.Created <= now;

    private static bool Newer(Candidate one, Candidate other) =>
        one.Created > other.Created || (one.Created == other.Created && one.Id.CompareTo(other.Id) > 0);
}
