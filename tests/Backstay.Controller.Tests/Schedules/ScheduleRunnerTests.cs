using System.Globalization;
using Backstay.Controller.Catalog;
using Backstay.Controller.Schedules;
using Backstay.Protocol.Admin;
using Cronos;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Schedules;

/// <summary>Due runs, through the catalog: one or several controllers, a clock that the tests move.</summary>
public sealed class ScheduleRunnerTests
{
    private static readonly BackupSchedule Hourly = new(null, "hourly", "0 * * * *", Appliances: new ApplianceSelection(All: true), WindowMinutes: 30);

    [Fact]
    public async Task However_many_controllers_look_a_run_begins_once()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 3);
        for (var i = 0; i < 12; i++)
            await site.AddApplianceAsync($"gw-{i:00}");
        var schedule = await site.AddScheduleAsync(Hourly with { Logs = true });

        for (var hour = 0; hour < 4; hour++)
        {
            await site.PassAsync(TimeSpan.FromHours(1));
            await Task.WhenAll(site.LookAsync(), site.LookAsync());
            Assert.All(await site.RunsAsync(schedule), run => Assert.Equal(ScheduledRunState.Started, run.State));
            await site.EndBackupsAsync();
        }

        var backups = await site.BackupsAsync();
        Assert.Equal(48, backups.Count);
        Assert.All(backups.CountBy(b => b.ApplianceId), of => Assert.Equal(4, of.Value));
        Assert.All(backups, b => Assert.Equal((true, false, "schedule hourly"), (b.Logs, b.Audit, b.RequestedBy)));
        Assert.Equal(48, (await site.AuditAsync("backup.start")).Count(line => line.Actor == "schedule hourly"));
        Assert.Empty(await site.AuditAsync("schedule.miss"));
    }

    [Fact]
    public async Task A_schedule_whose_time_zone_is_not_known_is_told_of_once_then_daily_and_stops_no_other()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 2);
        var appliance = await site.AddApplianceAsync("gw-1");
        var schedule = await site.AddScheduleAsync(Hourly);
        var lost = await site.AddScheduleAsync(Hourly with { Name = "lost" });
        await LoseZoneAsync();

        await site.PassAsync(TimeSpan.FromHours(1));
        await site.LookAsync();
        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, appliance)).State);
        Assert.Contains("Schedule lost", Assert.Single(await ToldAsync()), StringComparison.Ordinal);
        await site.PassAsync(TimeSpan.FromHours(24));
        await site.LookAsync();
        Assert.Equal(2, (await ToldAsync()).Count);

        await site.SignInAgainAsync();
        await site.ChangeAsync(lost);
        await LoseZoneAsync();
        await site.LookAsync();
        Assert.Equal(3, (await ToldAsync()).Count);
        await site.ChangeAsync(lost with { Paused = true });
        await LoseZoneAsync();
        await site.LookAsync();
        Assert.Equal(3, (await ToldAsync()).Count);

        Task LoseZoneAsync() => site.Host.CatalogAsync(catalog => catalog.BackupSchedules
            .Where(s => s.Id == lost.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.TimeZone, "Mars/Olympus_Mons")));
        Task<List<string>> ToldAsync() => site.Host.CatalogAsync(
            catalog => catalog.Events.Where(e => e.Kind == EventKind.ScheduleStopped).Select(e => e.Message).ToListAsync());
    }

    [Fact]
    public async Task An_offline_appliance_is_waited_for_and_then_its_run_is_missed_and_that_is_seen()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 2);
        var (late, gone) = (await site.AddApplianceAsync("late", online: false), await site.AddApplianceAsync("gone", online: false));
        var schedule = await site.AddScheduleAsync(Hourly);
        await site.PassAsync(TimeSpan.FromHours(1));
        Assert.All(await site.RunsAsync(schedule), run => Assert.Equal((ScheduledRunState.Waiting, "The appliance is offline."), (run.State!.Value, run.Message)));

        await site.SetOnlineAsync(late, true);
        await site.PassAsync(TimeSpan.FromMinutes(29));
        await site.PassAsync(TimeSpan.FromMinutes(2));

        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, late)).State);
        var missed = await site.RunAsync(schedule, gone);
        Assert.Equal((ScheduledRunState.Missed, 1), (missed.State!.Value, missed.MissedInARow));
        Assert.Contains("offline", missed.Message, StringComparison.Ordinal);
        var line = Assert.Single(await site.AuditAsync("schedule.miss"));
        Assert.Equal(("gone", "schedule hourly"), (line.Target, line.Actor));
        var shown = (await site.Admin.GetAsync($"/admin/backup-schedules/{schedule.Id}")).AssertOkAsync(AdminJson.Default.BackupSchedule);
        Assert.Equal((0, 1), ((await shown).Waiting!.Value, (await shown).Missed!.Value));

        await site.EndBackupsAsync();
        await site.SetOnlineAsync(gone, true);
        await site.PassAsync(TimeSpan.FromMinutes(40));
        Assert.Equal((ScheduledRunState.Started, 0), ((await site.RunAsync(schedule, gone)).State!.Value, (await site.RunAsync(schedule, gone)).MissedInARow));
    }

    [Theory]
    [InlineData(false, ScheduledRunState.Missed, 5)]
    [InlineData(true, ScheduledRunState.Started, 4)]
    public async Task Controllers_that_were_down_make_up_for_the_newest_run_alone(bool catchUp, ScheduledRunState state, int missed)
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw");
        var schedule = await site.AddScheduleAsync(Hourly with { CatchUp = catchUp });

        await site.PassAsync(TimeSpan.FromMinutes(5 * 60 + 45));
        await site.LookAsync();

        var run = await site.RunAsync(schedule, appliance);
        Assert.Equal((state, site.Time.GetUtcNow().AddMinutes(-45)), (run.State!.Value, run.Due!.Value));
        Assert.StartsWith($"{missed} run(s)", Assert.Single(await site.AuditAsync("schedule.miss")).Detail, StringComparison.Ordinal);
        Assert.Equal(catchUp ? 1 : 0, (await site.BackupsAsync()).Count);
    }

    [Fact]
    public async Task Paused_nothing_begins_and_resumed_nothing_is_made_up_for()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 2);
        var (online, offline) = (await site.AddApplianceAsync("online"), await site.AddApplianceAsync("offline", online: false));
        var schedule = await site.AddScheduleAsync(Hourly with { WindowMinutes = 600 });
        await site.PassAsync(TimeSpan.FromHours(1));
        await site.EndBackupsAsync();

        schedule = await site.ChangeAsync(schedule with { Paused = true });
        await site.SetOnlineAsync(offline, true);
        for (var hour = 0; hour < 3; hour++)
            await site.PassAsync(TimeSpan.FromHours(1));
        Assert.Null(schedule.NextRun);
        Assert.Equal(ScheduledRunState.Missed, (await site.RunAsync(schedule, offline)).State);
        Assert.Single(await site.BackupsAsync());

        await site.ChangeAsync(schedule with { Paused = false });
        await site.PassAsync(TimeSpan.FromMinutes(59));
        Assert.Single(await site.BackupsAsync());
        await site.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(3, (await site.BackupsAsync()).Count);
        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, online)).State);
    }

    [Fact]
    public async Task A_decision_from_before_a_change_of_the_schedule_is_void()
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw");
        var schedule = await site.AddScheduleAsync(Hourly);
        site.Time.Advance(TimeSpan.FromHours(1));
        var now = site.Time.GetUtcNow();
        var seen = await site.Host.CatalogAsync(catalog => catalog.ScheduledAppliances.AsNoTracking().SingleAsync());

        await site.ChangeAsync(schedule with { Paused = true });
        await using var scope = site.Host.Services.CreateAsyncScope();
        var decided = seen.Record with { Since = now, Due = now, State = ScheduledRunState.Started };
        Assert.False(await scope.ServiceProvider.GetRequiredService<ScheduleMembers>()
            .ClaimAsync(seen, decided, Guid.NewGuid(), null, now.AddHours(1), CancellationToken.None));
        Assert.Null((await site.RunAsync(schedule, appliance)).State);
    }

    [Fact]
    public async Task Run_now_begins_at_once_also_while_paused_and_waits_for_the_offline()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 2);
        var (online, offline) = (await site.AddApplianceAsync("online"), await site.AddApplianceAsync("offline", online: false));
        var schedule = await site.AddScheduleAsync(Hourly with { Paused = true, SpreadMinutes = 50 });

        using var response = await site.Admin.PostAsync($"/admin/backup-schedules/{schedule.Id}/run", null);
        Assert.Equal(System.Net.HttpStatusCode.Accepted, response.StatusCode);
        await site.LookAsync();
        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, online)).State);
        Assert.Equal(ScheduledRunState.Waiting, (await site.RunAsync(schedule, offline)).State);

        await site.SetOnlineAsync(offline, true);
        await site.PassAsync(TimeSpan.FromMinutes(20));
        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, offline)).State);
        await site.PassAsync(TimeSpan.FromHours(9));
        Assert.Equal(2, (await site.BackupsAsync()).Count);
        Assert.Equal("for 2 appliance(s)", Assert.Single(await site.AuditAsync("schedule.run")).Detail);
    }

    [Theory]
    [InlineData(true, ScheduledRunState.Served)]
    [InlineData(false, ScheduledRunState.Waiting)]
    public async Task A_backup_under_way_serves_the_run_when_it_has_all_that_is_asked_for(bool logs, ScheduledRunState state)
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw");
        var schedule = await site.AddScheduleAsync(Hourly with { Logs = true });
        site.Time.Advance(TimeSpan.FromMinutes(55));
        using var response = await site.Admin.PostAsync($"/admin/appliances/{appliance}/backup", Answers.Json($$"""{"logs": {{(logs ? "true" : "false")}}}"""));
        Assert.True(response.IsSuccessStatusCode);

        await site.PassAsync(TimeSpan.FromMinutes(5));
        var run = await site.RunAsync(schedule, appliance);
        Assert.Equal(state, run.State);
        Assert.Equal(logs ? (await site.BackupsAsync()).Single().Id : null, run.BackupId);

        await site.EndBackupsAsync();
        await site.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(logs ? 1 : 2, (await site.BackupsAsync()).Count);
    }

    [Fact]
    public async Task While_the_backup_API_is_disabled_runs_wait_and_say_why()
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw");
        var schedule = await site.AddScheduleAsync(Hourly);
        await site.EnableAsync(false);
        await site.PassAsync(TimeSpan.FromHours(1));
        Assert.Contains("disabled", (await site.RunAsync(schedule, appliance)).Message, StringComparison.Ordinal);

        await site.EnableAsync(true);
        await site.PassAsync(TimeSpan.FromMinutes(10));
        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, appliance)).State);
    }

    [Fact]
    public async Task Appliances_join_and_leave_as_they_are_selected_and_owe_nothing_from_before()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 2);
        var first = await site.AddApplianceAsync("first", tags: ["north"]);
        var schedule = await site.AddScheduleAsync(Hourly with { Appliances = new ApplianceSelection(Tags: ["north"], Functions: ["Gateway"]) });
        await site.PassAsync(TimeSpan.FromMinutes(70));
        var second = await site.AddApplianceAsync("second", functions: ApplianceFunctions.Gateway);
        await site.AddApplianceAsync("third", tags: ["south"]);
        await site.Host.CatalogAsync(catalog => catalog.Appliances.Where(a => a.Id == first)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.Tags, new List<string> { "south" })));
        await site.LookAsync();

        var only = Assert.Single(await site.RunsAsync(schedule));
        Assert.Equal((second, null), (only.ApplianceId, only.State));
        await site.PassAsync(TimeSpan.FromMinutes(50));
        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, second)).State);
        Assert.Empty(await site.AuditAsync("schedule.miss"));
    }

    [Fact]
    public async Task A_clock_that_is_set_back_leaves_no_schedule_quiet()
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw");
        var schedule = await site.AddScheduleAsync(Hourly);
        await site.Host.CatalogAsync(catalog => catalog.ScheduledAppliances.ExecuteUpdateAsync(set => set
            .SetProperty(s => s.Since, site.Time.GetUtcNow().AddYears(1))
            .SetProperty(s => s.NextLook, site.Time.GetUtcNow().AddYears(1))));

        await site.LookAsync();
        await site.PassAsync(TimeSpan.FromHours(1));

        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(schedule, appliance)).State);
    }

    /// <summary>The invariants of <see cref="Simulation.ThreeYearsTests"/>, in the catalog: what is owed is begun, missed, or waits.</summary>
    [Fact]
    public async Task Over_weeks_with_a_change_of_the_clock_every_run_is_accounted_for()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 2);
        var dice = new Dice(4);
        var appliances = new Dictionary<string, Guid>();
        for (var i = 0; i < 6; i++)
            appliances.Add($"gw-{i}", await site.AddApplianceAsync($"gw-{i}", online: dice.OneIn(2)));
        BackupSchedule[] schedules =
        [
            await site.AddScheduleAsync(new(null, "daily", "30 2 * * *", "Europe/Berlin", new(All: true), SpreadMinutes: 90, WindowMinutes: 200)),
            await site.AddScheduleAsync(new(null, "often", "0 */5 * * *", "America/New_York", new(Ids: [.. appliances.Values.Take(3)]), SpreadMinutes: 20, CatchUp: true)),
        ];
        var start = site.Time.GetUtcNow();

        while (site.Time.GetUtcNow() < start.AddDays(30))
        {
            await site.SetOnlineAsync(appliances[$"gw-{dice.Below(6)}"], dice.OneIn(2));
            await site.PassAsync(dice.OneIn(10) ? TimeSpan.FromHours(dice.Below(60)) : TimeSpan.FromMinutes(30 + dice.Below(360)));
            await site.EndBackupsAsync();
        }

        var (begun, missed) = (await site.AuditAsync("backup.start"), await site.AuditAsync("schedule.miss"));
        Assert.Equal(begun.Count, (await site.BackupsAsync()).Count);
        await site.SignInAgainAsync();
        begun.AddRange(await site.AuditAsync("schedule.serve"));
        foreach (var schedule in schedules)
        {
            var rule = new ScheduleRule(
                schedule.Id!.Value,
                CronExpression.Parse(schedule.Cron!),
                TimeZoneInfo.FindSystemTimeZoneById(schedule.TimeZone!),
                TimeSpan.FromMinutes(schedule.SpreadMinutes),
                TimeSpan.FromMinutes(schedule.WindowMinutes),
                schedule.CatchUp);
            foreach (var run in await site.RunsAsync(schedule))
            {
                var owed = 0;
                for (var due = rule.NextDue(run.ApplianceId, start); due <= site.Time.GetUtcNow(); due = rule.NextDue(run.ApplianceId, due.Value))
                    owed++;
                var lost = missed.Where(IsOf).Sum(line => int.Parse(line.Detail!.Split(' ')[0], CultureInfo.InvariantCulture));
                Assert.True(owed > 20 && lost > 0 && begun.Any(IsOf));
                Assert.Equal(owed, begun.Count(IsOf) + lost + (run.State is ScheduledRunState.Waiting ? 1 : 0));

                bool IsOf(AuditEntity line) => line.Actor == $"schedule {schedule.Name}" && line.Target == run.ApplianceName;
            }
        }
    }
}
