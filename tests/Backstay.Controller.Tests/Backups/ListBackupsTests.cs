using System.Net;
using System.Net.Http.Json;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Tests.Backups;

public sealed class ListBackupsTests
{
    [Fact]
    public async Task The_lists_are_paged_newest_first_and_tell_all_that_is_known()
    {
        await using var site = await BackupSite.StartAsync();
        var (berlin, oslo) = (await site.AddOnlineAsync("berlin-gw"), await site.AddOnlineAsync("oslo-gw"));
        var (first, archive) = await site.MakeBackupAsync(berlin);
        var second = await site.FailBackupAsync(berlin);
        var third = await site.StartBackupAsync(oslo);

        var all = await GetAsync(site.Admin, "/admin/backups");
        Assert.Equal([third, second, first], all.Data.Select(b => b.Id));
        Assert.Equal(("0-2/3", 3, "created", true), (all.Range, all.TotalCount, all.OrderBy, all.Descending));
        var page = await GetAsync(site.Admin, "/admin/backups?range=1-1");
        Assert.Equal((second, "1-1/3"), (page.Data.Single().Id, page.Range));
        Assert.Equal([second, first], (await GetAsync(site.Admin, $"/admin/appliances/{berlin.ApplianceId}/backups")).Data.Select(b => b.Id));

        var (done, failed, waiting) = (all.Data[2], all.Data[1], all.Data[0]);
        Assert.Equal((BackupStatusWord.Done, BackupResult.Success, (long)archive.Length, 3L), (done.Status, done.Result!.Value, done.Size!.Value, done.Files!.Value));
        Assert.Equal((BackupResult.Failure, FailureReason.SourceFailed, "pg_dump failed.", "exit code 1"), (failed.Result!.Value, failed.Reason!.Value, failed.Message, failed.Output));
        Assert.Equal((BackupStatusWord.Processing, Protocol.Agent.BackupPhase.Waiting), (waiting.Status, waiting.Progress!.Phase));
    }

    [Fact]
    public async Task A_backup_tells_what_it_holds_and_its_first_warnings_and_no_more_than_that()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        Assert.Null((await GetAsync(site.Admin, "/admin/backups")).Data.Single().Sections);
        var session = await agent.OpenAsync(backup);
        var archive = new byte[1000];
        await agent.PutAllAsync(backup, session.Attempt, archive);
        string[] warnings = ["config: /etc/a can't be read.", "logs: \e[2J\n/var", new string('x', 5000), .. Enumerable.Repeat("state: gone", 30)];
        var summary = new UploadSummary([new("config", 3, 300, 32), new("logs", 1, 10, 1)], 4, 310, 33, warnings);
        using (var completed = await agent.CompleteAsync(backup, session.Attempt, archive, summary: summary))
            Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);

        var listed = (await GetAsync(site.Admin, $"/admin/backups?filterBy=id:{backup}")).Data.Single();
        Assert.Equal(summary.Sections, listed.Sections);
        Assert.Equal(33, listed.Warnings);
        Assert.Equal(["config: /etc/a can't be read.", "logs:  [2J /var", new string('x', 500), "state: gone"], listed.FirstWarnings!.Take(4));
        Assert.Equal(20, listed.FirstWarnings!.Count);
    }

    [Fact]
    public async Task A_backup_whose_agent_left_out_the_warnings_can_be_listed()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        var archive = new byte[1000];
        await agent.PutAllAsync(backup, session.Attempt, archive);
        using (var completed = await agent.CompleteAsync(backup, session.Attempt, archive, summary: new UploadSummary([null!], 1, 1, 1, null!)))
            Assert.Equal(HttpStatusCode.NoContent, completed.StatusCode);

        var listed = (await GetAsync(site.Admin, "/admin/backups")).Data.Single();
        Assert.Empty(listed.Sections!);
        Assert.Empty(listed.FirstWarnings!);
    }

    [Theory]
    [InlineData("status:done", 2)]
    [InlineData("status:processing", 1)]
    [InlineData("result:success", 1)]
    [InlineData("result:failure", 1)]
    [InlineData("reason:source-failed", 1)]
    [InlineData("reason:agent-lost", 0)]
    [InlineData("applianceName:berlin-gw", 2)]
    public async Task The_lists_are_filtered(string condition, int expected)
    {
        await using var site = await BackupSite.StartAsync();
        var (berlin, oslo) = (await site.AddOnlineAsync("berlin-gw"), await site.AddOnlineAsync("oslo-gw"));
        await site.MakeBackupAsync(berlin);
        await site.FailBackupAsync(berlin);
        await site.StartBackupAsync(oslo);
        var list = await GetAsync(site.Admin, $"/admin/backups?filterBy={condition}");
        Assert.Equal(expected, list.TotalCount);
        Assert.Equal([condition], list.FilterBy);
    }

    [Fact]
    public async Task Words_of_the_query_have_to_occur_and_orders_can_be_turned()
    {
        await using var site = await BackupSite.StartAsync();
        var (berlin, oslo) = (await site.AddOnlineAsync("berlin_gw"), await site.AddOnlineAsync("oslo-gw"));
        await site.MakeBackupAsync(berlin);
        await site.StartBackupAsync(oslo);
        Assert.Equal("oslo-gw", (await GetAsync(site.Admin, "/admin/backups?query=OSLO%20waiting")).Data.Single().ApplianceName);
        Assert.Equal("berlin_gw", (await GetAsync(site.Admin, "/admin/backups?query=_gw")).Data.Single().ApplianceName);
        Assert.Equal(["berlin_gw", "oslo-gw"], (await GetAsync(site.Admin, "/admin/backups?orderBy=applianceName")).Data.Select(b => b.ApplianceName));
        Assert.Equal("berlin_gw", (await GetAsync(site.Admin, "/admin/backups?descending=false")).Data[0].ApplianceName);
    }

    [Theory]
    [InlineData("filterBy=nonsense")]
    [InlineData("filterBy=status:maybe")]
    [InlineData("orderBy=color")]
    [InlineData("range=5-1")]
    public async Task A_question_that_is_none_is_400(string query)
    {
        await using var site = await BackupSite.StartAsync();
        using var response = await site.Admin.GetAsync($"/admin/backups?{query}");
        await BackupSite.ErrorAsync(response, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_caller_sees_the_backups_of_appliances_within_scope_only()
    {
        await using var site = await BackupSite.StartAsync();
        var (mine, tagged, other) = (await site.AddOnlineAsync(), await site.AddOnlineAsync(tags: ["prod"]), await site.AddOnlineAsync());
        foreach (var agent in new[] { mine, tagged, other })
            await site.StartBackupAsync(agent);
        var client = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new(false, [mine.ApplianceId], ["prod"])));
        Assert.Equal(
            new[] { mine.ApplianceId, tagged.ApplianceId }.Order(), (await GetAsync(client, "/admin/backups")).Data.Select(b => b.ApplianceId).Order());
        using var forbidden = await client.GetAsync($"/admin/appliances/{other.ApplianceId}/backups");
        await BackupSite.ErrorAsync(forbidden, HttpStatusCode.Forbidden);
    }

    private static async Task<PagedList<Backup>> GetAsync(HttpClient client, string path) =>
        (await client.GetFromJsonAsync(path, AdminJson.Default.PagedListBackup))!;
}
