using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Objectives;

/// <summary>The fleet by a call, and the objectives that it is judged by.</summary>
public sealed class FleetApiTests
{
    private const string Path = "/admin/backup-objectives";

    private static readonly BackupObjective Some = new(
        null, "Production", "for the auditors", new ApplianceSelection(Tags: ["production"]), GoodWithinHours: 26, ProvenWithinHours: 720);

    [Fact]
    public async Task The_worst_comes_first_with_its_ages_its_reason_its_last_result_and_its_next_run()
    {
        await using var site = await WatchSite.StartAsync();
        await site.AddObjectiveAsync(Some);
        using var admin = await site.Host.AdminAsync();
        var idle = await site.AddApplianceAsync("idle", activated: false);
        var fine = await site.AddApplianceAsync("fine", ["production"]);
        var never = await site.AddApplianceAsync("never");
        var unproven = await site.AddApplianceAsync("unproven", ["production"]);
        using (await admin.PostAsJsonAsync(
            "/admin/backup-schedules", new BackupSchedule(null, "nightly", "0 2 * * *", Appliances: new(All: true)), AdminJson.Default.BackupSchedule))
        {
        }

        site.Time.Advance(TimeSpan.FromDays(40));
        await site.AddBackupAsync(fine, proven: true, age: TimeSpan.FromHours(20));
        await site.AddBackupAsync(fine, verification: VerificationState.Damaged, age: TimeSpan.FromHours(2));
        await site.AddBackupAsync(fine, BackupState.Failed, age: TimeSpan.FromHours(1));
        await site.AddBackupAsync(unproven, proven: true, age: TimeSpan.FromDays(31));
        await site.AddBackupAsync(unproven, age: TimeSpan.FromHours(3));

        var fleet = await site.FleetAsync();

        Assert.Equal([never, unproven, fine, idle], fleet.Data.Select(member => member.ApplianceId));
        Assert.Equal(
            [ProtectionState.Overdue, ProtectionState.Overdue, ProtectionState.Protected, ProtectionState.Inactive], fleet.Data.Select(m => m.State));
        Assert.Equal(new FleetCounts(Overdue: 2, Protected: 1, NoObjective: 0, Inactive: 1), fleet.Counts);
        Assert.Equal((null, 48, "Default"), (fleet.Data[0].LastGood, fleet.Data[0].GoodWithinHours, Assert.Single(fleet.Data[0].Objectives)));
        Assert.Equal("The newest proven backup is 744 h old; it may be 720 h.", fleet.Data[1].Reason);
        Assert.Equal((3 * 3600, 31 * 86400), (fleet.Data[1].GoodAgeSeconds, fleet.Data[1].ProvenAgeSeconds));
        Assert.Equal((20 * 3600, 20 * 3600), (fleet.Data[2].GoodAgeSeconds, fleet.Data[2].ProvenAgeSeconds));
        Assert.Equal((BackupResult.Failure, FailureReason.SourceFailed), (fleet.Data[2].LastResult, fleet.Data[2].LastReason));
        Assert.Equal((2, 0), (fleet.Data[2].NextRun!.Value.Hour, fleet.Data[2].NextRun!.Value.Minute));
        Assert.Null(fleet.Data[3].NextRun);
    }

    [Fact]
    public async Task It_is_paged_searched_filtered_and_cut_down_to_the_callers_scope()
    {
        await using var site = await WatchSite.StartAsync();
        foreach (var (name, tag) in new[] { ("a", "lab"), ("b", "lab"), ("c", "production") })
            await site.AddBackupAsync(await site.AddApplianceAsync(name, [tag]));
        site.Time.Advance(TimeSpan.FromHours(50));
        await site.AddBackupAsync((await site.FleetAsync("?filterBy=name:b")).Data[0].ApplianceId);
        using var lab = await site.Host.SignInAsync(new Privilege(PrivilegeType.View, PrivilegeTarget.Appliance, new(false, null, ["lab"])));

        var page = await site.FleetAsync("?range=1-1");
        Assert.Equal((3, "1-1/3", "c"), (page.TotalCount, page.Range, Assert.Single(page.Data).ApplianceName));
        Assert.Equal(["c", "b", "a"], (await site.FleetAsync("?orderBy=name&descending=true")).Data.Select(m => m.ApplianceName));
        Assert.Equal(["a", "b"], (await site.FleetAsync("?filterBy=tags:lab")).Data.Select(m => m.ApplianceName));
        var overdue = await site.FleetAsync("?state=overdue");
        Assert.Equal((2, 1), (overdue.TotalCount, overdue.Counts.Protected));
        Assert.Equal(["a", "b"], (await site.FleetAsync(client: lab)).Data.Select(m => m.ApplianceName));
        foreach (var wrong in new[] { "?state=fine", "?orderBy=age", "?range=2-1", "?filterBy=color:red" })
        {
            using var answer = await lab.GetAsync($"/admin/fleet{wrong}");
            await answer.AssertRefusedAsync(HttpStatusCode.BadRequest, ErrorIds.BadRequest);
        }
    }

    [Fact]
    public async Task An_objective_is_made_changed_listed_and_removed_and_the_default_one_stays()
    {
        await using var site = await WatchSite.StartAsync();
        using var admin = await site.Host.AdminAsync();
        var created = await site.AddObjectiveAsync(Some);
        Assert.Equivalent(Some with { Id = created.Id, Created = created.Created, Updated = created.Updated }, created);

        using (var change = await admin.PutAsJsonAsync($"{Path}/{created.Id}", Some with { GoodWithinHours = null }, AdminJson.Default.BackupObjective))
            Assert.Null((await change.AssertOkAsync(AdminJson.Default.BackupObjective)).GoodWithinHours);
        using (var list = await admin.GetAsync(Path))
            Assert.Equal(["Default", "Production"], (await list.AssertOkAsync(AdminJson.Default.PagedListBackupObjective)).Data.Select(o => o.Name));
        using (var taken = await admin.PostAsJsonAsync(Path, Some with { Name = "PRODUCTION" }, AdminJson.Default.BackupObjective))
            await taken.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        using (var remove = await admin.DeleteAsync($"{Path}/{created.Id}"))
            Assert.Equal(HttpStatusCode.NoContent, remove.StatusCode);
        using (var gone = await admin.GetAsync($"{Path}/{created.Id}"))
            await gone.AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);

        var standard = $"{Path}/{BackupObjectiveEntity.DefaultId}";
        using (var quiet = await admin.PutAsJsonAsync(standard, new BackupObjective(null, "Default"), AdminJson.Default.BackupObjective))
            Assert.Null((await quiet.AssertOkAsync(AdminJson.Default.BackupObjective)).GoodWithinHours);
        using var stays = await admin.DeleteAsync(standard);
        await stays.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
    }

    [Theory]
    [InlineData("""{}""", "name", "appliances", "goodWithinHours")]
    [InlineData("""{"name": "o", "appliances": {"all": true}}""", "goodWithinHours")]
    [InlineData("""{"name": "o", "appliances": {"all": true}, "goodWithinHours": 0, "provenWithinHours": 87601}""", "goodWithinHours", "provenWithinHours")]
    [InlineData("""{"name": "o", "appliances": {}, "goodWithinHours": 1}""", "appliances")]
    public async Task An_objective_that_can_not_be_is_refused_with_every_field(string objective, params string[] fields)
    {
        await using var site = await WatchSite.StartAsync();
        using var admin = await site.Host.AdminAsync();
        using var body = Answers.Json(objective);
        using var answer = await admin.PostAsync(Path, body);

        var error = await answer.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        Assert.Equal(fields.Order(), error.Errors!.Select(e => e.Field).Order());
    }

    [Fact]
    public async Task Only_who_may_back_up_all_that_it_selects_makes_and_removes_an_objective()
    {
        await using var site = await WatchSite.StartAsync();
        var production = await site.AddObjectiveAsync(Some);
        using var lab = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, null, ["lab"])));

        using (var own = await lab.PostAsJsonAsync(Path, Some with { Name = "lab", Appliances = new(Tags: ["lab"]) }, AdminJson.Default.BackupObjective))
            await own.AssertOkAsync(AdminJson.Default.BackupObjective);
        using (var wider = await lab.PostAsJsonAsync(Path, Some with { Name = "all" }, AdminJson.Default.BackupObjective))
            await wider.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using var remove = await lab.DeleteAsync($"{Path}/{production.Id}");
        await remove.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
    }
}
