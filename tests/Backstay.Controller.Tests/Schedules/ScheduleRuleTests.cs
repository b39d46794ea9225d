using Backstay.Controller.Schedules;
using Backstay.Protocol.Admin;
using Cronos;
using CsCheck;

namespace Backstay.Controller.Tests.Schedules;

/// <summary>When a run is due, and what becomes of it: with times alone, no clock and no catalog.</summary>
public sealed class ScheduleRuleTests
{
    private static readonly Guid Appliance = new("0b6b7a54-3c0e-4c8e-9d3f-5f1a1f6f2a10");
    private static readonly DateTimeOffset Noon = At("2026-03-01T12:00Z");

    [Theory]
    [InlineData("30 2 * * *", "2026-03-28T02:30+01:00,2026-03-29T03:00+02:00,2026-03-30T02:30+02:00")]
    [InlineData("0,30 1-3 * * *", "2026-03-29T01:00+01:00,2026-03-29T01:30+01:00,2026-03-29T03:00+02:00,2026-03-29T03:30+02:00")]
    public void In_spring_a_time_that_does_not_exist_is_the_next_that_does(string cron, string times)
    {
        var expected = times.Split(',').Select(At).ToList();
        Assert.Equal(expected, Rule(cron, "Europe/Berlin").TimesAfter(expected[0].AddMinutes(-1), expected.Count));
    }

    [Theory]
    [InlineData("30 2 * * *", "2026-10-24T02:30+02:00,2026-10-25T02:30+02:00,2026-10-26T02:30+01:00")]
    [InlineData("0 * * * *", "2026-10-25T01:00+02:00,2026-10-25T02:00+02:00,2026-10-25T02:00+01:00,2026-10-25T03:00+01:00")]
    public void In_autumn_a_fixed_time_comes_once_and_an_interval_goes_on(string cron, string times)
    {
        var expected = times.Split(',').Select(At).ToList();
        Assert.Equal(expected, Rule(cron, "Europe/Berlin").TimesAfter(expected[0].AddMinutes(-1), expected.Count));
    }

    [Fact]
    public void The_delay_of_an_appliance_follows_from_the_two_ids_and_is_always_the_same()
    {
        Assert.Equal(TimeSpan.FromSeconds(1517), Rule("0 2 * * *", spread: 60).DelayOf(Appliance));
        Gen.Select(Gen.Guid, Gen.Int[1, 1440]).Sample((appliance, minutes) =>
        {
            var delay = Rule("0 2 * * *", spread: minutes).DelayOf(appliance);
            return delay >= TimeSpan.Zero && delay < TimeSpan.FromMinutes(minutes)
                && delay == Rule("5 5 1 * *", "Europe/Berlin", spread: minutes, window: 7).DelayOf(appliance);
        });
    }

    [Fact]
    public void Appliances_are_spread_evenly()
    {
        var rule = Rule("0 2 * * *", spread: 60);
        var tenths = Enumerable.Range(0, 10_000)
            .Select(i => rule.DelayOf(new Guid(i, 7, 9, [1, 2, 3, 4, 5, 6, 7, 8])))
            .CountBy(delay => (int)delay.TotalMinutes / 6)
            .ToDictionary();
        Assert.Equal(10, tenths.Count);
        Assert.All(tenths.Values, count => Assert.InRange(count, 800, 1200));
    }

    [Fact]
    public void A_run_that_is_due_begins_once()
    {
        var rule = Rule("0 2 * * *");
        var record = RunRecord.From(Noon);
        Assert.Null(Decide(rule, record, At("2026-03-02T01:59Z")));

        var decision = Decide(rule, record, At("2026-03-02T02:00Z"))!;

        Assert.Equal((ScheduledRunState.Started, At("2026-03-02T02:00Z"), 0), (decision.Record.State, decision.Record.Due!.Value, decision.Missed));
        Assert.Null(Decide(rule, decision.Record, At("2026-03-02T02:00Z")));
        Assert.Null(Decide(rule, decision.Record, At("2026-03-03T01:59Z")));
        Assert.NotNull(Decide(rule, decision.Record, At("2026-03-03T02:00Z")));
    }

    [Fact]
    public void An_appliance_that_is_offline_is_waited_for_within_the_window_and_then_counts_as_missed()
    {
        var rule = Rule("0 2 * * *", window: 60);
        var waits = Decide(rule, RunRecord.From(Noon), At("2026-03-02T02:00Z"), Readiness.NotNow)!;
        Assert.Equal((ScheduledRunState.Waiting, At("2026-03-02T03:00Z"), 0), (waits.Record.State, waits.Record.WindowUntil!.Value, waits.Missed));
        Assert.Null(Decide(rule, waits.Record, At("2026-03-02T03:00Z"), Readiness.NotNow));
        Assert.Equal(ScheduledRunState.Started, Decide(rule, waits.Record, At("2026-03-02T03:00Z"))!.Record.State);

        // Back a moment too late, it is missed all the same.
        var missed = Decide(rule, waits.Record, At("2026-03-02T03:00:01Z"))!;

        Assert.Equal((ScheduledRunState.Missed, 1, 1), (missed.Record.State, missed.Missed, missed.Record.MissedInARow));
        Assert.Equal(2, Decide(rule, missed.Record, At("2026-03-04T01:00Z"))!.Record.MissedInARow);
        Assert.Equal(0, Decide(rule, missed.Record, At("2026-03-03T02:00Z"))!.Record.MissedInARow);
    }

    [Theory]
    [InlineData("2026-03-05T02:30Z", false, ScheduledRunState.Started, 3)] // within its window: the newest, and three older are lost
    [InlineData("2026-03-05T08:00Z", false, ScheduledRunState.Missed, 4)]
    [InlineData("2026-03-05T08:00Z", true, ScheduledRunState.Started, 3)]
    public void Of_the_runs_that_nobody_was_there_for_the_newest_is_made_up_for(string back, bool catchUp, ScheduledRunState state, int missed)
    {
        var decision = Decide(Rule("0 2 * * *", window: 60, catchUp: catchUp), RunRecord.From(Noon), At(back))!;

        Assert.Equal((state, missed, At("2026-03-05T02:00Z")), (decision.Record.State!.Value, decision.Missed, decision.Record.Due!.Value));
        Assert.Null(Decide(Rule("0 2 * * *", window: 60, catchUp: catchUp), decision.Record, At(back).AddHours(17)));
    }

    [Fact]
    public void A_run_that_is_made_up_for_waits_for_one_window_and_no_longer()
    {
        var rule = Rule("0 2 * * *", window: 60, catchUp: true);
        var waits = Decide(rule, RunRecord.From(Noon), At("2026-03-02T08:00Z"), Readiness.NotNow)!.Record;
        Assert.Equal((ScheduledRunState.Waiting, At("2026-03-02T09:00Z")), (waits.State!.Value, waits.WindowUntil!.Value));

        Assert.Equal(ScheduledRunState.Missed, Decide(rule, waits, At("2026-03-02T09:01Z"))!.Record.State);
    }

    [Fact]
    public void A_newer_run_takes_the_place_of_one_that_waits()
    {
        var rule = Rule("0 * * * *", window: 600);
        var waits = Decide(rule, RunRecord.From(Noon), At("2026-03-01T13:00Z"), Readiness.NotNow)!.Record;

        var newer = Decide(rule, waits, At("2026-03-01T15:10Z"), Readiness.NotNow)!;
        Assert.Equal((ScheduledRunState.Waiting, At("2026-03-01T15:00Z"), 2), (newer.Record.State!.Value, newer.Record.Due!.Value, newer.Missed));
        Assert.Equal(2, newer.Record.MissedInARow);
        Assert.Equal(ScheduledRunState.Started, Decide(rule, newer.Record, At("2026-03-01T15:20Z"))!.Record.State);
    }

    [Fact]
    public void A_backup_that_is_under_way_with_all_that_is_asked_for_serves_the_run()
    {
        var served = Decide(Rule("0 2 * * *"), RunRecord.From(Noon), At("2026-03-02T02:00Z"), Readiness.Covered)!.Record;

        Assert.Equal(ScheduledRunState.Served, served.State);
        Assert.Null(Decide(Rule("0 2 * * *"), served, At("2026-03-02T02:30Z")));
    }

    [Fact]
    public void Nothing_comes_due_while_paused_but_what_somebody_asked_for_begins()
    {
        var rule = Rule("0 * * * *", window: 60);
        var record = RunRecord.From(Noon);
        Assert.Null(rule.Decide(record, Appliance, Readiness.Ready, Noon.AddDays(1), paused: true));

        var asked = record.RunNow(Noon.AddDays(1), rule.Window);
        Assert.Equal(ScheduledRunState.Started, rule.Decide(asked, Appliance, Readiness.Ready, Noon.AddDays(1), paused: true)!.Record.State);
        Assert.Equal(ScheduledRunState.Missed, rule.Decide(asked, Appliance, Readiness.Ready, Noon.AddDays(2), paused: true)!.Record.State);
    }

    [Fact]
    public void After_a_pause_nothing_is_made_up_for()
    {
        var rule = Rule("0 2 * * *", window: 600, catchUp: true);
        var waits = Decide(rule, RunRecord.From(Noon), At("2026-03-02T02:00Z"), Readiness.NotNow)!.Record;

        var resumed = waits.Restart(At("2026-03-05T02:30Z"));

        Assert.Equal((ScheduledRunState.Missed, 1), (resumed.State!.Value, resumed.MissedInARow));
        Assert.Null(Decide(rule, resumed, At("2026-03-05T02:30Z")));
        Assert.Null(Decide(rule, resumed, At("2026-03-06T01:59Z")));
        Assert.NotNull(Decide(rule, resumed, At("2026-03-06T02:00Z")));
    }

    [Fact]
    public void Very_many_missed_runs_are_counted_up_to_a_thousand()
    {
        var decision = Decide(Rule("* * * * *", window: 5), RunRecord.From(Noon), Noon.AddYears(1))!;

        Assert.Equal((ScheduledRunState.Started, ScheduleRule.MostCounted), (decision.Record.State!.Value, decision.Missed));
    }

    [Fact]
    public void Looking_forward_and_looking_back_find_the_same_runs()
    {
        var crons = new[] { "30 2 * * *", "0 * * * *", "*/7 1-3 * * *", "15 0 L * *", "0 3 * * SUN", "45 2 13 * 5", "0 0 29 2 *", "@weekly" };
        var zones = new[] { "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kolkata", "Africa/Casablanca" };
        Gen.Select(OneOf(crons), OneOf(zones), Gen.Int[0, 600], Gen.Long[0, 4L * 365 * 24 * 60], Gen.Int[1, 6 * 24 * 60]).Sample(
            (cron, zone, spread, start, length) =>
            {
                var rule = Rule(cron, zone, spread, window: 10_080);
                var since = At("2025-01-01T00:00Z").AddMinutes(start);
                var now = since.AddMinutes(length);
                var forward = new List<DateTimeOffset>();
                for (var due = rule.NextDue(Appliance, since); due <= now; due = rule.NextDue(Appliance, due.Value))
                    forward.Add(due.Value);

                var decision = Decide(rule, RunRecord.From(since), now);
                return forward.Count == 0
                    ? decision is null
                    : decision!.Record.Due == forward[^1]
                        && decision.Missed == Math.Min(forward.Count - (decision.Record.State is ScheduledRunState.Missed ? 0 : 1), ScheduleRule.MostCounted);
            },
            iter: 500);
    }

    [Theory]
    [InlineData("Africa/Casablanca")]
    [InlineData("Africa/El_Aaiun")]
    [InlineData("Europe/Dublin")]
    [InlineData("Antarctica/Troll")]
    [InlineData("Africa/Cairo")]
    [InlineData("Australia/Lord_Howe")]
    public void However_a_zone_sets_its_clock_each_time_is_later_than_the_one_before_and_the_next_day_has_its_own(string zone)
    {
        var (hourly, nightly) = (Rule("0 * * * *", zone), Rule("30 2 * * *", zone));
        for (var (time, end) = (At("2025-01-01T00:00Z"), At("2028-06-01T00:00Z")); time < end;)
        {
            var next = Assert.Single(hourly.TimesAfter(time, 1));
            Assert.InRange(next - time, TimeSpan.FromMinutes(30), TimeSpan.FromHours(2));
            if (time.UtcDateTime.Hour is < 6 or > 12) // around 02:30 of each of these zones
                Assert.InRange(nightly.NextDue(Appliance, time.AddMinutes(20))!.Value - time, TimeSpan.FromMinutes(21), TimeSpan.FromHours(26));
            time = next;
        }
    }

    private static Gen<string> OneOf(string[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static RunDecision? Decide(ScheduleRule rule, RunRecord record, DateTimeOffset now, Readiness readiness = Readiness.Ready) =>
        rule.Decide(record, Appliance, readiness, now, paused: false);

    private static ScheduleRule Rule(string cron, string zone = "UTC", int spread = 0, int window = 240, bool catchUp = false) => new(
        new Guid("5f1a1f6f-2a10-4c8e-9d3f-0b6b7a543c0e"),
        CronExpression.Parse(cron),
        TimeZoneInfo.FindSystemTimeZoneById(zone),
        TimeSpan.FromMinutes(spread),
        TimeSpan.FromMinutes(window),
        catchUp);

    private static DateTimeOffset At(string time) => DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
}
