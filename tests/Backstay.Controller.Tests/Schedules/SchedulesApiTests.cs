using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Schedules;

/// <summary>The calls, on the real clock: what they take, refuse, and show.</summary>
public sealed class SchedulesApiTests
{
    private const string Path = "/admin/backup-schedules";
    private static readonly Privilege Everything = new(PrivilegeType.All, PrivilegeTarget.All);

    [Fact]
    public async Task A_schedule_is_created_listed_changed_and_deleted_and_each_is_a_line_of_the_audit_log()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.SignInAsync(Everything);

        var created = await admin.PostAsync(Path, Answers.Json("""
            {"name": "nightly", "cron": " 0 2 * * * ", "timeZone": "Europe/Berlin", "appliances": {"tags": ["a", "a"], "functions": ["portal"]}, "nextRun": "2000-01-01T00:00:00Z"}
            """));
        var schedule = await created.AssertOkAsync(AdminJson.Default.BackupSchedule);
        Assert.Equal($"{Path}/{schedule.Id}", created.Headers.Location!.ToString());
        Assert.Equal(("0 2 * * *", "Europe/Berlin", 0, 240, false), (schedule.Cron, schedule.TimeZone, schedule.SpreadMinutes, schedule.WindowMinutes, schedule.Paused));
        Assert.Equal(["a"], schedule.Appliances!.Tags!);
        Assert.Equal(["Portal"], schedule.Appliances.Functions!);
        Assert.True(schedule.NextRun > TimeProvider.System.GetUtcNow());
        Assert.Equal(2, schedule.NextRun!.Value.Hour);

        var listed = await admin.GetFromJsonAsync($"{Path}?query=berlin&filterBy=paused:false", AdminJson.Default.PagedListBackupSchedule);
        Assert.Equal(schedule.Id, Assert.Single(listed!.Data).Id);

        var changed = await (await admin.PutAsJsonAsync($"{Path}/{schedule.Id}", schedule with { Name = "Nightly", Paused = true }, AdminJson.Default.BackupSchedule))
            .AssertOkAsync(AdminJson.Default.BackupSchedule);
        Assert.Equal(("Nightly", true, null), (changed.Name, changed.Paused, changed.NextRun));
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"{Path}/{schedule.Id}")).StatusCode);
        await (await admin.GetAsync($"{Path}/{schedule.Id}")).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        Assert.Equal(
            ["schedule.create", "schedule.change", "schedule.delete"],
            await host.CatalogAsync(catalog => catalog.AuditLog.Where(line => line.Action.StartsWith("schedule.")).OrderBy(line => line.Sequence).Select(line => line.Action).ToListAsync()));
    }

    [Theory]
    [InlineData("""{"name": ""}""", "name")]
    [InlineData("""{"cron": "61 2 * * *"}""", "cron")]
    [InlineData("""{"cron": "0 0 2 * * *"}""", "cron")]
    [InlineData("""{"cron": "H 2 * * *"}""", "cron")]
    [InlineData("""{"cron": "@every_second"}""", "cron")]
    [InlineData("""{"cron": "0 0 30 2 *"}""", "cron")]
    [InlineData("""{"cron": null}""", "cron")]
    [InlineData("""{"timeZone": "Mars/Olympus"}""", "timeZone")]
    [InlineData("""{"timeZone": "../../etc/passwd"}""", "timeZone")]
    [InlineData("""{"timeZone": "W. Europe Standard Time"}""", "timeZone")]
    [InlineData("""{"timeZone": ""}""", "timeZone")]
    [InlineData("""{"spreadMinutes": 1441}""", "spreadMinutes")]
    [InlineData("""{"windowMinutes": 0}""", "windowMinutes")]
    [InlineData("""{"windowMinutes": 10081}""", "windowMinutes")]
    [InlineData("""{"appliances": {}}""", "appliances")]
    [InlineData("""{"appliances": {"functions": ["Toaster"]}}""", "appliances.functions[0]")]
    public async Task A_field_that_cannot_be_is_named_and_nothing_is_kept(string change, string field)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.SignInAsync(Everything);
        var body = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>("""{"name": "n", "cron": "@daily", "appliances": {"all": true}}""")!;
        foreach (var (name, value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(change)!)
            body[name] = value;

        foreach (var path in new[] { Path, $"{Path}/next" })
        {
            var refused = await (await admin.PostAsJsonAsync(path, body)).AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
            Assert.Equal([field], refused.Errors!.Select(error => error.Field));
        }

        Assert.Equal(0, await host.CatalogAsync(catalog => catalog.BackupSchedules.CountAsync()));
    }

    [Fact]
    public async Task A_name_is_given_once_letter_case_ignored()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.SignInAsync(Everything);
        await CreateAsync(admin, "nightly", new(All: true));
        var other = await CreateAsync(admin, "weekly", new(All: true));

        await (await admin.PostAsJsonAsync(Path, other with { Id = null, Name = "NIGHTLY" }, AdminJson.Default.BackupSchedule)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        await (await admin.PutAsJsonAsync($"{Path}/{other.Id}", other with { Name = "Nightly" }, AdminJson.Default.BackupSchedule)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
    }

    [Fact]
    public async Task The_next_ten_runs_are_shown_before_and_after_saving()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.SignInAsync(Everything);
        var wish = new BackupSchedule(null, "n", "30 2 * * *", "Europe/Berlin", new(All: true), SpreadMinutes: 60, WindowMinutes: 120);

        var preview = await (await admin.PostAsJsonAsync($"{Path}/next", wish, AdminJson.Default.BackupSchedule)).AssertOkAsync(AdminJson.Default.UpcomingRuns);
        Assert.Equal((10, 0), (preview.Runs.Count, preview.Appliances));
        Assert.All(preview.Runs, run => Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromHours(3)), (run.SpreadUntil - run.Time, run.WindowUntil - run.Time)));
        Assert.Empty((await admin.GetFromJsonAsync(Path, AdminJson.Default.PagedListBackupSchedule))!.Data);

        var schedule = await (await admin.PostAsJsonAsync(Path, wish, AdminJson.Default.BackupSchedule)).AssertOkAsync(AdminJson.Default.BackupSchedule);
        var next = await admin.GetFromJsonAsync($"{Path}/{schedule.Id}/next", AdminJson.Default.UpcomingRuns);
        Assert.Equal(schedule.NextRun, next!.Runs[0].Time);
        Assert.Equal(next.Runs.OrderBy(run => run.Time), next.Runs);
        await admin.PutAsJsonAsync($"{Path}/{schedule.Id}", schedule with { Paused = true }, AdminJson.Default.BackupSchedule);
        Assert.Empty((await admin.GetFromJsonAsync($"{Path}/{schedule.Id}/next", AdminJson.Default.UpcomingRuns))!.Runs);
    }

    [Theory]
    [InlineData("Mars/Olympus", "@daily", "doesn't know the time zone Mars/Olympus")]
    [InlineData("UTC", "of an older release", "can't read the expression of an older release")]
    public async Task A_schedule_that_this_controller_can_not_read_says_so_and_spoils_no_list(string timeZone, string cron, string problem)
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.SignInAsync(Everything);
        var good = await CreateAsync(admin, "good", new(All: true));
        var bad = await CreateAsync(admin, "bad", new(All: true));
        // Another controller, which knew it, or another release has saved it.
        await host.CatalogAsync(catalog => catalog.BackupSchedules.Where(s => s.Id == bad.Id)
            .ExecuteUpdateAsync(set => set.SetProperty(s => s.TimeZone, timeZone).SetProperty(s => s.Cron, cron)));

        var list = (await admin.GetFromJsonAsync($"{Path}?orderBy=name", AdminJson.Default.PagedListBackupSchedule))!.Data;
        var one = await admin.GetFromJsonAsync($"{Path}/{bad.Id}", AdminJson.Default.BackupSchedule);
        var next = await admin.GetFromJsonAsync($"{Path}/{bad.Id}/next", AdminJson.Default.UpcomingRuns);

        Assert.Equal([bad.Id, good.Id], list.Select(schedule => schedule.Id));
        Assert.Null(list[1].Problem);
        Assert.NotNull(list[1].NextRun);
        Assert.All([list[0], one!], schedule => Assert.Null(schedule.NextRun));
        Assert.All([list[0].Problem, one!.Problem, next!.Problem], said => Assert.Contains(problem, said, StringComparison.Ordinal));
        Assert.Empty(next.Runs);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync($"{Path}/{bad.Id}/appliances")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await admin.PutAsJsonAsync($"{Path}/{bad.Id}", one with { TimeZone = "UTC", Cron = "@daily" }, AdminJson.Default.BackupSchedule)).StatusCode);
    }

    [Fact]
    public async Task A_schedule_is_for_those_who_may_back_up_all_that_it_selects()
    {
        await using var host = await ControllerHost.StartAsync();
        using var admin = await host.SignInAsync(Everything);
        var id = Guid.NewGuid();
        using var north = await host.SignInAsync(
            new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, [id], ["north", "east"])),
            new Privilege(PrivilegeType.View, PrivilegeTarget.Appliance));
        var mine = await CreateAsync(north, "mine", new(Ids: [id], Tags: ["north"]));
        var all = await CreateAsync(admin, "all", new(All: true));
        var south = await CreateAsync(admin, "south", new(Tags: ["north", "south"]));

        Assert.Equal("mine", Assert.Single((await north.GetFromJsonAsync(Path, AdminJson.Default.PagedListBackupSchedule))!.Data).Name);
        Assert.Equal(3, (await admin.GetFromJsonAsync(Path, AdminJson.Default.PagedListBackupSchedule))!.TotalCount);
        foreach (var others in new[] { all, south })
        {
            await (await north.GetAsync($"{Path}/{others.Id}")).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
            await (await north.PostAsync($"{Path}/{others.Id}/run", null)).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
            await (await north.DeleteAsync($"{Path}/{others.Id}")).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
            await (await north.PutAsJsonAsync($"{Path}/{mine.Id}", mine with { Appliances = others.Appliances }, AdminJson.Default.BackupSchedule))
                .AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        }

        await (await north.PostAsJsonAsync(Path, mine with { Id = null, Name = "f", Appliances = new(Functions: ["Gateway"]) }, AdminJson.Default.BackupSchedule))
            .AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        Assert.Equal(HttpStatusCode.Accepted, (await north.PostAsync($"{Path}/{mine.Id}/run", null)).StatusCode);
    }

    private static async Task<BackupSchedule> CreateAsync(HttpClient client, string name, ApplianceSelection appliances) =>
        await (await client.PostAsJsonAsync(Path, new BackupSchedule(null, name, "@daily", Appliances: appliances), AdminJson.Default.BackupSchedule))
            .AssertOkAsync(AdminJson.Default.BackupSchedule);
}
