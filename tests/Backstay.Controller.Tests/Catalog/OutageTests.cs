using System.Net;
using System.Security.Cryptography;
using Backstay.Controller.Agents;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Backstay.TestServers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>The PostgreSQL server goes away and comes back, and the controller stays.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private PostgresServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData(PostgresStop.Fast)]
    [InlineData(PostgresStop.Kill)]
    public async Task Calls_are_answered_503_while_it_is_away_and_a_backup_on_its_way_goes_on_when_it_is_back(PostgresStop how)
    {
        var log = new CapturedLog();
        await using var site = await StartAsync(services: services => services.AddLogging(logging => logging.AddProvider(log)));
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var archive = RandomNumberGenerator.GetBytes(RawAgent.Split(new byte[20_000_000])[0].Bytes.Length + 1000);
        var parts = RawAgent.Split(archive);
        await agent.OpenAsync(backup);
        Assert.Equal(HttpStatusCode.NoContent, (await agent.PutPartAsync(backup, 1, 1, parts[0].Bytes)).StatusCode);

        await _server.StopAsync(how);
        for (var i = 0; i < 3; i++)
        {
            await AssertUnavailableAsync(site.Admin.GetAsync("/admin/appliances"));
            await AssertUnavailableAsync(site.Admin.GetAsync($"{BackupSite.Path(agent, backup)}/status"));
            await AssertUnavailableAsync(site.TryStartAsync(agent.ApplianceId));
            await AssertUnavailableAsync(site.Host.LoginAsync("admin", ControllerHost.AdminPassword));
            await AssertUnavailableAsync(agent.RenewAsync(backup, 1));
            await AssertUnavailableAsync(agent.PutPartAsync(backup, 1, 2, parts[1].Bytes));
            await AssertUnavailableAsync(agent.CompleteAsync(backup, 1, archive));
            await AssertUnavailableAsync(agent.Http.GetAsync($"/agent/v1/events?instance={Guid.NewGuid()}"));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await site.Host.Http.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await site.Host.Http.GetAsync("/healthz")).StatusCode);

        await _server.StartAgainAsync();
        Assert.Equal(HttpStatusCode.OK, (await site.Host.Http.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await agent.RenewAsync(backup, 1)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await agent.PutPartAsync(backup, 1, 2, parts[1].Bytes)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await agent.CompleteAsync(backup, 1, archive)).StatusCode);
        Assert.Equal(BackupResult.Success, (await site.StatusAsync(agent, backup)).Result);
        Assert.Equal((1, 1), (log.Count("The catalog can't be reached"), log.Count("The catalog answers again")));
        Assert.Equal(0, log.Count("   at "));
    }

    [Fact]
    public async Task A_restart_behind_idle_connections_is_noticed_by_nobody()
    {
        await using var site = await StartAsync(settings: new() { ["Backups:SweepInterval"] = "00:01:00" }, time: new FakeTimeProvider());
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => site.Admin.GetAsync("/admin/appliances")));

        foreach (var call in new[] { () => site.Admin.GetAsync("/admin/appliances"), () => agent.RenewAsync(backup, 1), () => site.Host.Http.GetAsync("/readyz") })
        {
            await _server.StopAsync(PostgresStop.Immediate);
            await _server.StartAgainAsync();
            var answer = await call();
            Assert.True(answer.IsSuccessStatusCode, answer.StatusCode.ToString());
        }
    }

    [Theory]
    [InlineData(PostgresStop.Fast)]
    [InlineData(PostgresStop.Kill)]
    public async Task Hints_of_other_controllers_are_heard_again_after_it(PostgresStop how)
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        await HeardAsync();

        await _server.StopAsync(how);
        await _server.StartAgainAsync();

        await HeardAsync();

        // Of a backup that isn't in the catalog: nobody but another controller could have told of it.
        async Task HeardAsync()
        {
            for (var i = 0; !await site.Host.CatalogAsync(ListensAsync); i++)
            {
                Assert.True(i < 600, "No controller listens.");
                await Task.Delay(50);
            }

            var hint = AgentHint.Backup(agent.ApplianceId, Guid.NewGuid());
            await site.Host.CatalogAsync(catalog => catalog.Database.ExecuteSqlAsync($"SELECT pg_notify({PostgresHints.Channel}, {hint.ToString()})"));
            Assert.Equal(hint.BackupId.ToString(), await agent.NextEventAsync(AgentEvents.Backup));
        }

        static Task<bool> ListensAsync(CatalogContext catalog) => catalog.Database
            .SqlQuery<int>($"SELECT pid FROM pg_stat_activity WHERE state = 'idle' AND query = {"LISTEN " + PostgresHints.Channel}")
            .AnyAsync();
    }

    [Fact]
    public async Task Agents_that_could_not_renew_because_of_it_are_not_lost()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var site = await StartAsync(new() { ["Backups:SweepInterval"] = "00:01:00" }, time, BackupSweepTests.Idle);
        site.Host.Services.GetRequiredService<BackupSweep>().Listen();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        await PassAsync(5);

        await _server.StopAsync();
        for (var i = 0; i < 30; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            Assert.True(CatalogErrors.IsOutage(await Assert.ThrowsAnyAsync<Exception>(SweepAsync)));
        }

        await _server.StartAgainAsync();
        await SweepAsync();
        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(agent, backup)).Status);

        // From here on they could have.
        await PassAsync(6);
        Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(backup))!.Reason);

        Task SweepAsync() => site.Host.Services.GetRequiredService<BackupSweep>().SweepAsync(CancellationToken.None);

        async Task PassAsync(int times)
        {
            for (var i = 0; i < times; i++)
            {
                time.Advance(TimeSpan.FromSeconds(10));
                await SweepAsync();
            }
        }
    }

    [Fact]
    public async Task A_server_that_is_there_and_does_not_answer_is_a_503_in_time()
    {
        await using var site = await StartAsync(limits: ";Timeout=1;Command Timeout=1");
        await _server.FreezeAsync();
        try
        {
            await AssertUnavailableAsync(site.Admin.GetAsync("/admin/appliances")).WaitAsync(TimeSpan.FromSeconds(15));
        }
        finally
        {
            await _server.ThawAsync();
        }

        Assert.Equal(HttpStatusCode.OK, (await site.Admin.GetAsync("/admin/appliances")).StatusCode);
    }

    private static async Task AssertUnavailableAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        await answer.AssertRefusedAsync(HttpStatusCode.ServiceUnavailable, ErrorIds.ServiceUnavailable);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    private async Task<BackupSite> StartAsync(
        Dictionary<string, string?>? settings = null,
        TimeProvider? time = null,
        Action<IServiceCollection>? services = null,
        string limits = "")
    {
        settings ??= [];
        settings["Catalog:Provider"] = "postgres";
        settings["Catalog:ConnectionString"] = await _server.CreateDatabaseAsync() + limits;
        return await BackupSite.StartAsync(time, settings, services: services);
    }
}
