using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Retention;

/// <summary>What a policy keeps, in force. A count of 0 is a rule that isn't there.</summary>
/// <param name="Within">Everything that is not older; null: no such rule.</param>
/// <param name="MaxAge">What is older isn't kept, whatever the rules say; null: no such limit.</param>
/// <param name="Zone">In which hours, days, weeks, months and years begin.</param>
internal sealed record RetentionRules(
    int Last, int Hourly, int Daily, int Weekly, int Monthly, int Yearly, TimeSpan? Within, TimeSpan? MaxAge, TimeZoneInfo Zone)
{
    /// <summary>Null when this machine doesn't know the time zone.</summary>
    public static RetentionRules? Of(RetentionPolicyEntity policy) => TimeZoneInfo.TryFindSystemTimeZoneById(policy.TimeZone, out var zone)
        ? new RetentionRules(
            policy.KeepLast ?? 0,
            policy.KeepHourly ?? 0,
            policy.KeepDaily ?? 0,
            policy.KeepWeekly ?? 0,
            policy.KeepMonthly ?? 0,
            policy.KeepYearly ?? 0,
            DaysOf(policy.KeepWithinDays),
            DaysOf(policy.MaxAgeDays),
            zone)
        : null;

    /// <summary>
    /// The hour that a local time is in, by the instant at which it began: the hour that a clock shows twice in autumn is two hours.
    /// </summary>
    public static long HourOf(DateTimeOffset local) => local.UtcTicks - (local.TimeOfDay.Ticks % TimeSpan.TicksPerHour);

    public static long DayOf(DateTimeOffset local) => local.Date.Ticks;

    /// <summary>Weeks begin on Monday (ISO 8601).</summary>
    public static long WeekOf(DateTimeOffset local) => local.Date.AddDays(-(((int)local.DayOfWeek + 6) % 7)).Ticks;

    public static long MonthOf(DateTimeOffset local) => (local.Year * 12) + local.Month;

    public static long YearOf(DateTimeOffset local) => local.Year;

    private static TimeSpan? DaysOf(int? days) => days is { } count ? TimeSpan.FromDays(count) : null;
}

/// <summary>A policy in force.</summary>
/// <param name="Rules">Null when they can't be read, or nobody has confirmed them yet: such a policy keeps everything.</param>
/// <param name="WithoutRules">Why it keeps everything without them.</param>
internal sealed record PolicyInForce(string Name, RetentionRules? Rules, RetentionRule WithoutRules = RetentionRule.NoPolicy)
{
    public static PolicyInForce Of(RetentionPolicyEntity policy) => policy.AwaitsConfirmation
        ? new PolicyInForce(policy.Name, Rules: null, RetentionRule.Unconfirmed)
        : new PolicyInForce(policy.Name, RetentionRules.Of(policy));
}
