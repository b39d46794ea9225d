namespace Backstay.Controller.Tests.Simulation;

/// <summary>
/// Laws of time as they are now, without their history: asking a zone of the system walks through a century of rules each time, and the
/// simulation asks some millions of times.
/// </summary>
internal static class SimulatedZones
{
    /// <summary>Berlin: an hour, on the last Sundays of March and October.</summary>
    public static readonly TimeZoneInfo Central = Zone("Central", 60, 60, On(3, 5, 2), On(10, 5, 3));

    /// <summary>New York: an hour, on the second Sunday of March and the first of November.</summary>
    public static readonly TimeZoneInfo Eastern = Zone("Eastern", -300, 60, On(3, 2, 2), On(11, 1, 2));

    /// <summary>Lord Howe Island: half an hour, in the south.</summary>
    public static readonly TimeZoneInfo LordHowe = Zone("Lord Howe", 630, 30, On(10, 1, 2), On(4, 1, 2));

    /// <summary>An hour at midnight, so that a day begins at one, in the south.</summary>
    public static readonly TimeZoneInfo Midnight = Zone("Midnight", -240, 60, On(9, 1, 0), On(4, 1, 0));

    /// <summary>Half an hour off, and never changed.</summary>
    public static readonly TimeZoneInfo India = TimeZoneInfo.CreateCustomTimeZone("India", TimeSpan.FromMinutes(330), "India", "India");

    private static TimeZoneInfo Zone(
        string name, int offset, int daylight, TimeZoneInfo.TransitionTime forward, TimeZoneInfo.TransitionTime back) =>
        TimeZoneInfo.CreateCustomTimeZone(
            name,
            TimeSpan.FromMinutes(offset),
            name,
            name,
            name,
            [
                TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                    DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromMinutes(daylight), forward, back),
            ]);

    /// <param name="week">The Sunday of the month; 5 is the last.</param>
    private static TimeZoneInfo.TransitionTime On(int month, int week, int hour) =>
        TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, hour, 0, 0), month, week, DayOfWeek.Sunday);
}
