using System.Net;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Retention;

public sealed class RetentionApiTests
{
    private const string Path = "/admin/retention-policies";
    private static readonly RetentionPolicy Some = new(
        null, "Production", "why", new ApplianceSelection(Tags: ["production"]), 3, 24, 14, 8, 12, 2, 5, 400, "Europe/Berlin");

    [Fact]
    public async Task A_policy_is_created_read_listed_changed_and_deleted()
    {
        await using var site = await RetentionSite.StartAsync();
        var created = await site.AddPolicyAsync(Some);
        Assert.Equivalent(Some with { Id = created.Id, Created = created.Created, Updated = created.Updated }, created);

        var changed = await (await site.SendAsync(HttpMethod.Put, $"{Path}/{created.Id}", json: new RetentionPolicy(
            null, "production", Appliances: new(Functions: ["gateway"]), KeepDaily: 1))).AssertOkAsync(AdminJson.Default.RetentionPolicy);
        var read = await (await site.Admin.GetAsync($"{Path}/{created.Id}")).AssertOkAsync(AdminJson.Default.RetentionPolicy);
        Assert.Equivalent(changed, read);
        Assert.Equal((null, 1, null, "UTC"), (read.KeepLast, read.KeepDaily, read.MaxAgeDays, read.TimeZone));
        Assert.Equal(["Gateway"], read.Appliances!.Functions);

        var list = await (await site.Admin.GetAsync($"{Path}?query=prod")).AssertOkAsync(AdminJson.Default.PagedListRetentionPolicy);
        Assert.Equal(created.Id, Assert.Single(list.Data).Id);
        Assert.Equal(HttpStatusCode.NoContent, (await site.Admin.DeleteAsync($"{Path}/{created.Id}")).StatusCode);
        await (await site.Admin.GetAsync($"{Path}/{created.Id}")).AssertRefusedAsync(HttpStatusCode.NotFound, ErrorIds.NotFound);
        Assert.Equal(
            ["retention-policy.create", "retention-policy.change", "retention-policy.delete"],
            await site.Host.CatalogAsync(catalog => catalog.AuditLog.Where(a => a.Action.StartsWith("retention-policy"))
                .OrderBy(a => a.Sequence).Select(a => a.Action).ToListAsync()));
    }

    [Fact]
    public async Task The_default_policy_is_there_from_the_first_start_can_be_changed_and_not_deleted()
    {
        await using var site = await RetentionSite.StartAsync();
        var path = $"{Path}/{RetentionPolicyEntity.DefaultId}";
        var policy = await (await site.Admin.GetAsync(path)).AssertOkAsync(AdminJson.Default.RetentionPolicy);
        Assert.Equal((true, 7, 90, null, "UTC"), (policy.IsDefault, policy.KeepLast, policy.KeepWithinDays, policy.MaxAgeDays, policy.TimeZone));

        var changed = await (await site.SendAsync(HttpMethod.Put, path, json: new RetentionPolicy(
            null, "House rule", Appliances: new(Tags: ["ignored"]), KeepWithinDays: 365))).AssertOkAsync(AdminJson.Default.RetentionPolicy);

        Assert.Equal((true, true, null, 365), (changed.IsDefault, changed.Appliances!.All, changed.KeepLast, changed.KeepWithinDays));
        await (await site.Admin.DeleteAsync(path)).AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
    }

    [Theory]
    [InlineData("""{}""", "name", "appliances", "keepWithinDays")]
    [InlineData("""{"name": "p", "appliances": {"all": true}}""", "keepWithinDays")]
    [InlineData("""{"name": "p", "appliances": {"all": true}, "maxAgeDays": 30}""", "keepWithinDays")]
    [InlineData("""{"name": "p", "appliances": {"all": true}, "keepWithinDays": 30, "maxAgeDays": 29}""", "maxAgeDays")]
    [InlineData("""{"name": "p", "appliances": {"all": true}, "keepLast": 0, "keepHourly": -1, "keepYearly": 10001}""", "keepLast", "keepHourly", "keepYearly")]
    [InlineData("""{"name": "p", "appliances": {"all": true}, "keepLast": 1, "maxAgeDays": 36501}""", "maxAgeDays")]
    [InlineData("""{"name": "p", "appliances": {"all": true}, "keepLast": 1, "timeZone": "Mars/Olympus"}""", "timeZone")]
    [InlineData("""{"name": "p", "appliances": {"all": true}, "keepLast": 1, "timeZone": ""}""", "timeZone")]
    [InlineData("""{"name": "p", "appliances": {"all": true}, "keepLast": 1, "timeZone": "../../etc/passwd"}""", "timeZone")]
    [InlineData("""{"name": "p", "appliances": {}, "keepLast": 1}""", "appliances")]
    public async Task A_policy_that_can_not_be_is_refused_with_every_field_and_so_is_its_preview(string policy, params string[] fields)
    {
        await using var site = await RetentionSite.StartAsync();
        foreach (var (path, body) in new[] { (Path, policy), ($"{Path}/preview", $$"""{"policy": {{policy}}}""") })
        {
            using var content = Answers.Json(body);
            var error = await (await site.Admin.PostAsync(path, content)).AssertRefusedAsync(
                HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
            Assert.Equal(fields.Order(), error.Errors!.Select(e => e.Field).Order());
        }

        Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.RetentionPolicies.CountAsync()));
    }

    [Fact]
    public async Task A_name_or_an_id_that_is_taken_is_refused()
    {
        await using var site = await RetentionSite.StartAsync();
        var created = await site.AddPolicyAsync(Some);
        foreach (var taken in new[] { Some with { Name = "PRODUCTION" }, Some with { Name = "other", Id = created.Id }, Some with { Name = "x", Id = RetentionPolicyEntity.DefaultId } })
        {
            using var answer = await site.SendAsync(HttpMethod.Post, Path, json: taken);
            await answer.AssertRefusedAsync(HttpStatusCode.Conflict, ErrorIds.Conflict);
        }
    }

    [Fact]
    public async Task Only_who_may_back_up_all_that_it_selects_makes_changes_and_removes_a_policy()
    {
        await using var site = await RetentionSite.StartAsync();
        var production = await site.AddPolicyAsync(Some);
        var lab = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, null, ["lab"])));

        using (var own = await site.SendAsync(HttpMethod.Post, Path, json: Some with { Name = "lab", Appliances = new(Tags: ["lab"]) }, client: lab))
            await own.AssertOkAsync(AdminJson.Default.RetentionPolicy);
        using (var wider = await site.SendAsync(HttpMethod.Post, Path, json: Some with { Name = "all", Appliances = new(All: true) }, client: lab))
            await wider.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using (var change = await site.SendAsync(HttpMethod.Put, $"{Path}/{production.Id}", json: Some, client: lab))
            await change.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using (var remove = await lab.DeleteAsync($"{Path}/{production.Id}"))
            await remove.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using (var standard = await site.SendAsync(HttpMethod.Put, $"{Path}/{RetentionPolicyEntity.DefaultId}", json: Some, client: lab))
            await standard.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        using var confirm = await site.SendAsync(HttpMethod.Post, $"{Path}/clock/confirm", json: new { time = "2027-01-01T00:00:00Z" }, client: lab);
        await confirm.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
    }

    [Fact]
    public async Task A_preview_says_what_stays_by_which_rule_and_what_goes_and_changes_nothing()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync("gw-1", ["lab"]);
        var (old, _) = await site.MakeBackupAsync(agent, size: 100);
        var (newest, _) = await site.MakeBackupAsync(agent, size: 200);
        await site.Host.VerifiedAsync();

        var saved = await PreviewAsync(site, "");
        Assert.Equal((2, 0, "Default"), (saved.Kept, saved.Going, Assert.Single(saved.Policies)));

        var tried = await PreviewAsync(site, """{"policy": {"name": "one", "appliances": {"tags": ["lab"]}, "keepLast": 1, "maxAgeDays": 9}}""");
        Assert.Equal((1, 1, 200L, 100L, "one"), (tried.Kept, tried.Going, tried.KeptBytes, tried.GoingBytes, Assert.Single(tried.Policies)));
        Assert.Equal([newest, old], tried.Backups.Select(b => b.BackupId));
        Assert.Equal(
            [new(RetentionRule.NewestGood), new(RetentionRule.NewestVerified), new(RetentionRule.Last, "one", 1)], tried.Backups[0].Reasons);
        Assert.Equal([new(RetentionRule.NotKept, "one")], tried.Backups[1].Reasons);

        var changed = await PreviewAsync(site, $$"""{"policy": {"id": "{{RetentionPolicyEntity.DefaultId}}", "name": "Default", "keepLast": 1} }""");
        Assert.Equal(1, changed.Going);

        Assert.Equal(0, await site.Host.RoundAsync());
        Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.RetentionPolicies.CountAsync()));
    }

    [Fact]
    public async Task A_preview_without_a_policy_shows_what_it_alone_keeps()
    {
        await using var site = await RetentionSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        for (var i = 0; i < 3; i++)
            await site.MakeBackupAsync(agent, size: 100);
        await site.AddPolicyAsync(new(null, "one", Appliances: new(All: true), KeepLast: 1));
        var three = await site.AddPolicyAsync(new(null, "three", Appliances: new(All: true), KeepLast: 3));
        await site.Host.VerifiedAsync();

        Assert.Equal(0, (await PreviewAsync(site, "")).Going);
        var without = await PreviewAsync(site, $$"""{"without": "{{three.Id}}"}""");
        Assert.Equal((2, "one"), (without.Going, Assert.Single(without.Policies)));
        Assert.Equal(0, await site.Host.RoundAsync());

        foreach (var wrong in new[]
        {
            $$"""{"without": "{{Guid.NewGuid()}}"}""",
            $$"""{"without": "{{RetentionPolicyEntity.DefaultId}}"}""",
            $$"""{"without": "{{three.Id}}", "policy": {"name": "one", "appliances": {"all": true}, "keepLast": 1} }""",
        })
        {
            using var content = Answers.Json(wrong);
            using var refused = await site.Admin.PostAsync($"{Path}/preview", content);
            await BackupSite.ErrorAsync(refused, HttpStatusCode.UnprocessableEntity);
        }
    }

    [Fact]
    public async Task A_preview_has_at_most_a_hundred_appliances_a_page()
    {
        await using var site = await RetentionSite.StartAsync();
        for (var i = 0; i < 103; i++)
            await site.AddApplianceAsync();

        Assert.Equal((100, "0-99"), await PageAsync(""));
        Assert.Equal((100, "0-99"), await PageAsync("?range=0-5000"));
        Assert.Equal((3, "100-102"), await PageAsync("?range=100-5000"));
        Assert.Equal((2, "1-2"), await PageAsync("?range=1-2"));

        async Task<(int Count, string? Range)> PageAsync(string query)
        {
            using var content = Answers.Json("{}");
            using var answer = await site.Admin.PostAsync($"{Path}/preview{query}", content);
            var page = await answer.AssertOkAsync(AdminJson.Default.PagedListRetentionPreview);
            Assert.Equal(103, page.TotalCount);
            return (page.Data.Count, page.Range?.Split('/')[0]);
        }
    }

    [Fact]
    public async Task A_preview_shows_appliances_within_the_callers_scope_alone_page_by_page()
    {
        await using var site = await RetentionSite.StartAsync();
        foreach (var (name, tag) in new[] { ("a", "lab"), ("b", "lab"), ("c", "production") })
            await site.AddApplianceAsync(name, [tag]);
        var lab = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, null, ["lab"])));

        using var answer = await lab.PostAsync($"{Path}/preview?range=1-5", null);
        var page = await answer.AssertOkAsync(AdminJson.Default.PagedListRetentionPreview);

        Assert.Equal((2, "1-1/2", "b"), (page.TotalCount, page.Range, Assert.Single(page.Data).ApplianceName));
    }

    private static async Task<RetentionPreview> PreviewAsync(BackupSite site, string body)
    {
        using var content = Answers.Json(body);
        using var answer = await site.Admin.PostAsync($"{Path}/preview", content);
        return Assert.Single((await answer.AssertOkAsync(AdminJson.Default.PagedListRetentionPreview)).Data);
    }
}
