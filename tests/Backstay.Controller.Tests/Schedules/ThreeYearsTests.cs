namespace Backstay.Controller.Tests.Schedules;

/// <summary>
/// Three years of 200 appliances: clocks that change in both directions and by half an hour, outages, absences, pauses, retagging. Every
/// decision is checked as it is made.
/// </summary>
public sealed class ThreeYearsTests
{
    [Fact]
    public void Every_run_that_is_due_begins_once_within_its_window_or_is_missed()
    {
        var start = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var fleet = new SimulatedFleet(seed: 1, appliances: 200, start);

        fleet.RunUntil(start.AddYears(3));

        // Enough of each happened to have been checked.
        Assert.InRange(fleet.Started, 200_000, 1_000_000);
        Assert.InRange(fleet.Served, 1_000, 1_000_000);
        Assert.InRange(fleet.Missed, 10_000, 1_000_000);
        Assert.InRange(fleet.CaughtUp, 50, 100_000);
    }
}
