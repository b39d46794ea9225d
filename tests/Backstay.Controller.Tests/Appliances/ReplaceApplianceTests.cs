using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Appliances;

public sealed class ReplaceApplianceTests
{
    [Fact]
    public async Task A_new_machine_takes_the_place_of_the_old_one_and_finds_its_archives()
    {
        await using var site = await BackupSite.StartAsync();
        var old = await site.AddOnlineAsync("gw-01");
        var (backup, archive) = await site.MakeBackupAsync(old);

        var seed = await ReplaceAsync(site, old.ApplianceId);
        await old.StreamEndedAsync();
        using (var refused = await old.TryOpenAsync(Guid.NewGuid()))
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        Assert.Equal((old.ApplianceId, "gw-01"), (seed.ApplianceId, seed.ApplianceName));
        var machine = await EnrolAsync(site, seed);
        await machine.ConnectAsync();
        await site.MakeBackupAsync(machine);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(machine, backup)));
        Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.AuditLog.CountAsync(a => a.Action == "appliance.replace" && a.Target == "gw-01")));
    }

    [Fact]
    public async Task The_unfinished_backup_of_the_old_agent_ends_and_says_why()
    {
        await using var site = await BackupSite.StartAsync();
        var old = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(old);
        await old.OpenAsync(backup);

        var seed = await ReplaceAsync(site, old.ApplianceId);

        var row = (await site.RowAsync(backup))!;
        Assert.Equal((FailureReason.Cancelled, "The appliance was replaced."), (row.Reason, row.Message));
        var machine = await EnrolAsync(site, seed);
        await machine.ConnectAsync();
        await site.MakeBackupAsync(machine);
    }

    [Fact]
    public async Task Of_several_seeds_the_last_one_counts()
    {
        await using var site = await BackupSite.StartAsync();
        var old = await site.AddApplianceAsync(activated: false);

        var first = await ReplaceAsync(site, old.ApplianceId);
        var second = await ReplaceAsync(site, old.ApplianceId);

        using (var refused = await TryEnrolAsync(site, first))
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        var machine = await EnrolAsync(site, second);
        await machine.ConnectAsync();
    }

    [Theory]
    [InlineData(PrivilegeType.Export)]
    [InlineData(PrivilegeType.Edit)]
    public async Task One_of_the_two_privileges_is_not_enough(PrivilegeType type)
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        using var caller = await site.Host.SignInAsync(new Privilege(type, PrivilegeTarget.Appliance));

        using var refused = await caller.PostAsync($"/admin/appliances/{agent.ApplianceId}/replace", null);

        Assert.Equal(ErrorIds.Forbidden, (await BackupSite.ErrorAsync(refused, HttpStatusCode.Forbidden)).Id);
        using var open = await agent.TryOpenAsync(await site.StartBackupAsync(agent));
        Assert.Equal(HttpStatusCode.OK, open.StatusCode);
    }

    [Fact]
    public async Task An_appliance_that_is_not_there_cannot_be_replaced()
    {
        await using var site = await BackupSite.StartAsync();

        using var refused = await site.Admin.PostAsync($"/admin/appliances/{Guid.NewGuid()}/replace", null);

        await BackupSite.ErrorAsync(refused, HttpStatusCode.NotFound);
    }

    private static async Task<Seed> ReplaceAsync(BackupSite site, Guid appliance)
    {
        using var answer = await site.Admin.PostAsync($"/admin/appliances/{appliance}/replace", null);
        return await answer.AssertOkAsync(AgentJson.Default.Seed);
    }

    private static async Task<Agents.RawAgent> EnrolAsync(BackupSite site, Seed seed)
    {
        using var answer = await TryEnrolAsync(site, seed);
        var enrolled = await answer.AssertOkAsync(AgentJson.Default.EnrolResponse);
        return site.Agent(enrolled.ApplianceId, enrolled.Credential);
    }

    private static Task<HttpResponseMessage> TryEnrolAsync(BackupSite site, Seed seed) => site.Host.Http.PostAsJsonAsync(
        "/agent/v1/enrol", new EnrolRequest(seed.ApplianceId, seed.Token, "new.example", "1.2.3"), AgentJson.Default.EnrolRequest);
}
