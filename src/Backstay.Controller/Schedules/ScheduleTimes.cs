using Cronos;

namespace Backstay.Controller.Schedules;

/// <summary>The times of an expression by the clock of a zone, each later than the one before.</summary>
/// <remarks>
/// Cronos (0.13.0) alone doesn't keep that: where a zone puts its clock forward by a rule with a negative offset (Morocco, at the end of
/// Ramadan), the time after one is that one itself, or one before it, for up to an hour. Who goes from each to the next would never arrive.
/// </remarks>
internal readonly record struct ScheduleTimes(CronExpression Cron, TimeZoneInfo Zone)
{
    /// <summary>No changed clock confuses anybody for longer.</summary>
    private static readonly TimeSpan LongestConfusion = TimeSpan.FromHours(6);

    /// <returns>Null: never again.</returns>
    public DateTimeOffset? After(DateTimeOffset instant)
    {
        var next = Cron.GetNextOccurrence(instant, Zone);
        if (next is null || next > instant)
            return next;

        var minute = new DateTimeOffset(instant.UtcTicks - (instant.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero);
        for (var passed = TimeSpan.FromMinutes(1); passed <= LongestConfusion; passed += TimeSpan.FromMinutes(1))
        {
            next = Cron.GetNextOccurrence(minute + passed, Zone, inclusive: true);
            if (next is null || next > instant)
                return next;
        }

        throw new InvalidOperationException($"No time of {Cron} in {Zone.Id} is found after {instant:O}.");
    }

    /// <summary>Those after one instant, at another at the latest.</summary>
    public IEnumerable<DateTimeOffset> Between(DateTimeOffset instant, DateTimeOffset last)
    {
        for (var time = After(instant); time <= last; time = After(time.Value))
            yield return time.Value;
    }
}
