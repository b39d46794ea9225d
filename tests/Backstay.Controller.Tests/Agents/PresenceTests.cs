using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Agents;

public sealed class PresenceTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Connected_is_online_and_disconnected_is_offline()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var agent = await site.AddOnlineAsync();
        Assert.Equal(_time.GetUtcNow() + AgentPresence.Lease, await OnlineUntilAsync(site, agent));
        await agent.DisconnectAsync();
        await BackupSite.EventuallyAsync(async () => await OnlineUntilAsync(site, agent) is null, "offline");
    }

    [Fact]
    public async Task A_heartbeat_pings_renews_the_presence_and_tells_again_of_a_backup_that_waits()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        Assert.Equal(backup.ToString(), await agent.NextEventAsync(AgentEvents.Backup));
        _time.Advance(AgentEvents.PingInterval);
        Assert.Equal(backup.ToString(), await agent.NextEventAsync(AgentEvents.Backup));
        Assert.Equal(_time.GetUtcNow() + AgentPresence.Lease, await OnlineUntilAsync(site, agent));
        await agent.OpenAsync(backup);
        _time.Advance(AgentEvents.PingInterval);
        Assert.Equal("", await agent.NextEventAsync(AgentEvents.Ping));
    }

    [Fact]
    public async Task On_every_connect_an_agent_is_told_of_its_unfinished_backups_and_of_no_others()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var (agent, other) = (await site.AddOnlineAsync(), await site.AddOnlineAsync());
        await site.FailBackupAsync(agent);
        await site.StartBackupAsync(other);
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        await agent.DisconnectAsync();
        await agent.ConnectAsync();
        Assert.Equal(backup.ToString(), await agent.NextEventAsync(AgentEvents.Backup));
    }

    [Fact]
    public async Task A_newer_connection_takes_the_place_of_the_older_and_the_appliance_stays_online()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var older = await site.AddOnlineAsync();
        var newer = site.Agent(older.ApplianceId, older.Http.DefaultRequestHeaders.Authorization!.Parameter!);
        await newer.ConnectAsync();
        await older.StreamEndedAsync();
        await older.DisconnectAsync();
        Assert.Equal(_time.GetUtcNow() + AgentPresence.Lease, await OnlineUntilAsync(site, newer));
        var backup = await site.StartBackupAsync(newer);
        Assert.Equal(backup.ToString(), await newer.NextEventAsync(AgentEvents.Backup));
    }

    [Fact]
    public async Task An_agent_that_has_connected_elsewhere_stays_online_when_its_connection_here_ends()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var agent = await site.AddOnlineAsync();
        var elsewhere = _time.GetUtcNow().AddSeconds(47);
        await site.Host.CatalogAsync(catalog => catalog.Appliances.ExecuteUpdateAsync(
            set => set.SetProperty(a => a.OnlineUntil, elsewhere).SetProperty(a => a.StreamId, Guid.NewGuid())));
        await agent.DisconnectAsync();
        var other = await site.AddOnlineAsync();
        await other.DisconnectAsync();
        await BackupSite.EventuallyAsync(async () => await OnlineUntilAsync(site, other) is null, "the other is offline");
        Assert.Equal(elsewhere, await OnlineUntilAsync(site, agent));
    }

    [Fact]
    public async Task A_credential_that_is_no_longer_good_cuts_the_stream_and_every_call()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await site.Host.CatalogAsync(catalog => catalog.Appliances.ExecuteUpdateAsync(set => set.SetProperty(a => a.CredentialHash, (byte[]?)null)));
        _time.Advance(AgentEvents.PingInterval);
        await agent.StreamEndedAsync();
        foreach (var call in new[]
        {
            await agent.TryOpenAsync(backup), await agent.Http.GetAsync($"/agent/v1/events?instance={agent.Instance}"),
            await agent.PutPartAsync(backup, 1, 1, [1]),
        })
        {
            await BackupSite.ErrorAsync(call, HttpStatusCode.Unauthorized);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("?instance=00000000-0000-0000-0000-000000000000")]
    public async Task A_stream_needs_the_instance_of_the_process(string query)
    {
        await using var site = await BackupSite.StartAsync(_time);
        var agent = await site.AddApplianceAsync();
        using var response = await agent.Http.GetAsync($"/agent/v1/events{query}");
        await BackupSite.ErrorAsync(response, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Health_is_kept_and_nonsense_in_it_is_refused()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var agent = await site.AddApplianceAsync();
        using (var taken = await SendAsync(new AgentHealth("9.9\u001b", "h", 12.5, 50, 1000, 400)))
            Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        var row = await site.Host.CatalogAsync(catalog => catalog.Appliances.AsNoTracking().SingleAsync(a => a.Id == agent.ApplianceId));
        Assert.Equal(("9.9", 12.5, 50.0, 1000L, 400L), (row.AgentVersion, row.Cpu!.Value, row.Memory!.Value, row.DiskTotal!.Value, row.DiskFree!.Value));
        foreach (var nonsense in new[]
        {
            new AgentHealth("1", "h", 101, 0, 1, 1), new AgentHealth("1", "h", 0, -1, 1, 1), new AgentHealth("1", "h", 0, 0, 1, 2), new AgentHealth("1", "h", 0, 0, -5, -6),
        })
        {
            await BackupSite.ErrorAsync(await SendAsync(nonsense), HttpStatusCode.BadRequest);
        }

        Task<HttpResponseMessage> SendAsync(AgentHealth health) => agent.Http.PostAsJsonAsync("/agent/v1/health", health, AgentJson.Default.AgentHealth);
    }

    private static Task<DateTimeOffset?> OnlineUntilAsync(BackupSite site, RawAgent agent) => site.Host.CatalogAsync(
        catalog => catalog.Appliances.Where(a => a.Id == agent.ApplianceId).Select(a => a.OnlineUntil).SingleAsync());
}
