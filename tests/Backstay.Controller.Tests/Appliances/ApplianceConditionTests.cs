using System.Net;
using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Appliances;

public sealed class ApplianceConditionTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task The_word_says_what_matters_most()
    {
        await using var host = await ControllerHost.StartAsync(_time);
        using var admin = await host.AdminAsync();
        await AddAsync(host, "1 inactive", activated: false, online: true);
        await AddAsync(host, "2 offline", online: false, backups: BackupState.Running);
        await AddAsync(host, "3 busy", used: 99, backups: BackupState.Pending);
        await AddAsync(host, "4 error", used: 97);
        await AddAsync(host, "5 warning", used: 90);
        await AddAsync(host, "6 failed last", backups: [BackupState.Succeeded, BackupState.Failed]);
        await AddAsync(host, "7 failed before", backups: [BackupState.Failed, BackupState.Succeeded]);
        await AddAsync(host, "8 healthy", used: 89);

        var list = await StatusAsync(admin);

        Assert.Equal(
            ["n/a", "offline", "busy", "error", "warning", "warning", "healthy", "healthy"],
            list.EnumerateArray().Select(a => a.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task An_appliance_is_offline_the_moment_its_lease_of_presence_ends()
    {
        await using var host = await ControllerHost.StartAsync(_time);
        using var admin = await host.AdminAsync();
        await AddAsync(host, "box");

        var before = await StatusAsync(admin);
        _time.Advance(TimeSpan.FromSeconds(30));
        var after = await StatusAsync(admin);

        Assert.Equal("healthy", before[0].GetProperty("status").GetString());
        Assert.Equal("offline", after[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_the_agent_reported_is_told_in_the_API_s_words_and_units()
    {
        await using var host = await ControllerHost.StartAsync(_time);
        using var admin = await host.AdminAsync();
        await AddAsync(host, "box", used: 25, functions: (ApplianceFunctions)127);

        var box = (await StatusAsync(admin))[0];

        Assert.Equal(
            ["Controller", "Gateway", "LogServer", "LogForwarder", "Connector", "Portal", "Metrics Aggregator"],
            box.GetProperty("functions").EnumerateArray().Select(f => f.GetString()));
        Assert.Equal((12.3, 45.6, 25.0), (
            box.GetProperty("cpu").GetDouble(), box.GetProperty("memory").GetDouble(), box.GetProperty("disk").GetDouble()));
        Assert.Equal("1.2.3", box.GetProperty("applianceVersion").GetString());
        Assert.Equal("""{"disk":{"total":1000,"used":250,"free":750}}""", box.GetProperty("details").GetRawText());
    }

    [Fact]
    public async Task Checking_the_status_is_a_privilege_of_its_own()
    {
        await using var host = await ControllerHost.StartAsync(_time);
        await AddAsync(host, "box");
        using var checker = await host.SignInAsync(new Privilege(PrivilegeType.CheckStatus, PrivilegeTarget.Appliance));

        Assert.Equal(1, (await StatusAsync(checker)).GetArrayLength());
    }

    [Fact]
    public async Task Who_may_back_an_appliance_up_may_find_it_and_no_other()
    {
        await using var host = await ControllerHost.StartAsync(_time);
        await AddAsync(host, "mine");
        await AddAsync(host, "other");
        var (mine, other) = await host.CatalogAsync(async catalog => (
            (await catalog.Appliances.SingleAsync(a => a.Name == "mine")).Id, (await catalog.Appliances.SingleAsync(a => a.Name == "other")).Id));
        using var operators = await host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, [mine])));

        var status = Assert.Single((await StatusAsync(operators)).EnumerateArray());
        Assert.Equal(mine, status.GetProperty("id").GetGuid());
        var list = await (await operators.GetAsync("/admin/appliances")).AssertOkAsync(AdminJson.Default.PagedListAppliance);
        Assert.Equal(mine, Assert.Single(list.Data).Id);
        await (await operators.GetAsync($"/admin/appliances/{mine}")).AssertOkAsync(AdminJson.Default.Appliance);
        await (await operators.GetAsync($"/admin/appliances/{other}")).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        await (await operators.DeleteAsync($"/admin/appliances/{mine}")).AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
    }

    private static async Task<JsonElement> StatusAsync(HttpClient client)
    {
        using var document = JsonDocument.Parse(await client.GetStringAsync("/admin/appliances/status"));
        return document.RootElement.GetProperty("data").Clone();
    }

    private async Task AddAsync(
        ControllerHost host,
        string name,
        bool activated = true,
        bool online = true,
        long used = 10,
        ApplianceFunctions functions = ApplianceFunctions.LogServer,
        params BackupState[] backups)
    {
        var id = Guid.NewGuid();
        await host.CatalogAsync(async catalog =>
        {
            catalog.Appliances.Add(new ApplianceEntity
            {
                Id = id,
                Name = name,
                Functions = functions,
                CredentialHash = activated ? id.ToByteArray() : null,
                OnlineUntil = online ? _time.GetUtcNow().AddSeconds(30) : null,
                AgentVersion = "1.2.3",
                Cpu = 12.34,
                Memory = 45.6,
                DiskTotal = 1000,
                DiskFree = 1000 - (used * 10),
                Created = _time.GetUtcNow(),
                Updated = _time.GetUtcNow(),
            });
            await catalog.SaveChangesAsync();
        });
        for (var i = 0; i < backups.Length; i++)
        {
            await host.AddBackupAsync(id, backups[i], _time.GetUtcNow().AddMinutes(i));
        }
    }
}
