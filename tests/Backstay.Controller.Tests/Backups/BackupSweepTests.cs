using System.Net;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Backups;

/// <summary>Every backup reaches an end, with a reason, within a known time. The clock is the tests'.</summary>
public sealed class BackupSweepTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_lost_agent_fails_the_backup_within_the_lease_and_the_next_one_works()
    {
        await using var site = await StartAsync();
        await PassAsync(site, TimeSpan.FromMinutes(2));
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        await agent.PutPartAsync(backup, 1, 1, new byte[100]);
        await PassAsync(site, TimeSpan.FromSeconds(59));
        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(agent, backup)).Status);
        await PassAsync(site, TimeSpan.FromSeconds(1));

        var status = await site.StatusAsync(agent, backup);
        Assert.Equal((BackupStatusWord.Done, BackupResult.Failure, "utf-8"), (status.Status, status.Result!.Value, status.Encoding));
        Assert.Contains("60 seconds", status.Output, StringComparison.Ordinal);
        Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(backup))!.Reason);
        await BackupSite.EventuallyAsync(async () => (await site.Host.StoredAsync()).Count == 0, "what it had sent is thrown away");
        using (var late = await agent.PutPartAsync(backup, 1, 2, new byte[100]))
            Assert.Equal(ErrorIds.BackupEnded, (await BackupSite.ErrorAsync(late, HttpStatusCode.Conflict)).Id);
        await agent.ConnectAsync();
        await site.MakeBackupAsync(agent);
    }

    [Fact]
    public async Task Renewals_and_parts_keep_a_backup_alive()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        for (var i = 1; i <= 6; i++)
        {
            await PassAsync(site, TimeSpan.FromSeconds(50));
            using var alive = i % 2 == 0 ? await agent.RenewAsync(backup, 1) : await agent.PutPartAsync(backup, 1, i, new byte[100]);
            Assert.Equal(HttpStatusCode.NoContent, alive.StatusCode);
        }

        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(agent, backup)).Status);
    }

    [Fact]
    public async Task A_backup_that_no_agent_begins_fails_in_two_minutes()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await PassAsync(site, TimeSpan.FromSeconds(119));
        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(agent, backup)).Status);
        await PassAsync(site, TimeSpan.FromSeconds(1));
        Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(backup))!.Reason);
        Assert.Contains("120 seconds", (await site.StatusAsync(agent, backup)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_fails_at_its_deadline_however_alive_its_agent_is()
    {
        await using var site = await StartAsync(new() { ["Backups:Deadline"] = "00:05:00" });
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        var session = await agent.OpenAsync(backup);
        Assert.Equal(_time.GetUtcNow().AddMinutes(5), session.Deadline);
        for (var i = 0; i < 10; i++)
        {
            await PassAsync(site, TimeSpan.FromSeconds(30));
            using var _ = await agent.RenewAsync(backup, 1);
        }

        Assert.Equal(FailureReason.DeadlineExceeded, (await site.RowAsync(backup))!.Reason);
        using var told = await agent.RenewAsync(backup, 1);
        Assert.Equal(ErrorIds.BackupEnded, (await BackupSite.ErrorAsync(told, HttpStatusCode.Conflict)).Id);
    }

    [Fact]
    public async Task A_controller_sweeps_by_itself_and_judges_from_when_it_listens()
    {
        await using var site = await BackupSite.StartAsync(_time);
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        await BackupSite.EventuallyAsync(
            async () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return (await site.RowAsync(backup))!.Reason == FailureReason.AgentLost;
            },
            "a sweep finds the lease over");
    }

    [Fact]
    public async Task A_controller_that_was_down_does_not_fail_a_backup_for_its_own_absence()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        try
        {
            Guid appliance, backup, instance;
            string credential;
            await using (var site = await StartAsync(folder: folder))
            {
                var agent = await site.AddOnlineAsync();
                backup = await site.StartBackupAsync(agent);
                await agent.OpenAsync(backup);
                (appliance, instance, credential) = (agent.ApplianceId, agent.Instance, agent.Http.DefaultRequestHeaders.Authorization!.Parameter!);
            }

            _time.Advance(TimeSpan.FromHours(3));
            await using (var site = await StartAsync(folder: folder))
            {
                var agent = site.Agent(appliance, credential);
                agent.Instance = instance;
                await PassAsync(site, TimeSpan.FromSeconds(59));
                using (var renewed = await agent.RenewAsync(backup, 1))
                    Assert.Equal(HttpStatusCode.NoContent, renewed.StatusCode);

                // But an agent that doesn't come back is lost, one lease after the start.
                await PassAsync(site, TimeSpan.FromSeconds(59));
                Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
                await PassAsync(site, TimeSpan.FromSeconds(1));
                Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(backup))!.Reason);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_backup_that_could_not_be_begun_while_the_controller_was_down_has_its_whole_time_again()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        try
        {
            Guid backup, late;
            string credential;
            RawAgent agent;
            await using (var site = await StartAsync(folder: folder))
            {
                agent = await site.AddOnlineAsync();
                backup = await site.StartBackupAsync(agent);
                late = await site.StartBackupAsync(await site.AddOnlineAsync());
                credential = agent.Http.DefaultRequestHeaders.Authorization!.Parameter!;
            }

            _time.Advance(TimeSpan.FromMinutes(5));
            await using (var site = await StartAsync(folder: folder))
            {
                // Longer than a lease: its pauses between tries have grown.
                await PassAsync(site, TimeSpan.FromSeconds(119));
                var session = await site.Agent(agent.ApplianceId, credential).OpenAsync(backup);
                Assert.Equal(1, session.Attempt);
                Assert.Equal(BackupState.Pending, (await site.RowAsync(late))!.State);

                // But an agent that still doesn't begin is lost.
                await PassAsync(site, TimeSpan.FromSeconds(1));
                Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
                Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(late))!.Reason);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_controller_that_slept_gives_agents_a_lease_to_be_heard_of_again()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        _time.Advance(TimeSpan.FromMinutes(30));
        await SweepAsync(site);
        Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
        await PassAsync(site, TimeSpan.FromSeconds(59));
        using (var renewed = await agent.RenewAsync(backup, 1))
            Assert.Equal(HttpStatusCode.NoContent, renewed.StatusCode);
        await PassAsync(site, TimeSpan.FromSeconds(2));
        Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
    }

    [Fact]
    public async Task A_catalog_that_could_not_be_asked_costs_no_backup()
    {
        await using var site = await StartAsync(services: services => services.AddSingleton<BrokenOnDemand>().AddDbContextFaults());
        await PassAsync(site, TimeSpan.FromMinutes(2));
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        var catalog = site.Host.Services.GetRequiredService<BrokenOnDemand>();
        catalog.Broken = true;
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(20));
            await Assert.ThrowsAnyAsync<Exception>(() => SweepAsync(site));
        }

        catalog.Broken = false;
        await SweepAsync(site);
        Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
        await PassAsync(site, TimeSpan.FromSeconds(59));
        using (var renewed = await agent.RenewAsync(backup, 1))
            Assert.Equal(HttpStatusCode.NoContent, renewed.StatusCode);
    }

    [Fact]
    public async Task Two_controllers_that_sweep_at_once_end_a_backup_once()
    {
        await using var site = await StartAsync();
        await PassAsync(site, TimeSpan.FromMinutes(2));
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent, new { notifyUrl = "http://192.0.2.1/hook" });
        await agent.OpenAsync(backup);
        await PassAsync(site, TimeSpan.FromSeconds(59));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SweepAsync(site))));
        Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(backup))!.Reason);
        Assert.Equal(1, await site.Host.CatalogAsync(catalog => catalog.Deliveries.CountAsync(d => d.BackupId == backup)));
    }

    [Fact]
    public async Task Half_done_deletions_are_finished()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.Deleted, _time.GetUtcNow())));
        using (var hidden = await site.Admin.GetAsync($"{BackupSite.Path(agent, backup)}/status"))
            await BackupSite.ErrorAsync(hidden, HttpStatusCode.NotFound);
        Assert.True(await site.Host.Services.GetServices<IHostedService>().OfType<RemovalWorker>().Single().DeleteMarkedAsync(CancellationToken.None));
        Assert.Null(await site.RowAsync(backup));
        await BackupSite.EventuallyAsync(async () => (await site.Host.StoredAsync()).Count == 0, "what it had sent is thrown away");
    }

    [Fact]
    public async Task A_store_that_hangs_delays_no_end()
    {
        await using var site = await StartAsync(services: FaultyStore.Around);
        await PassAsync(site, TimeSpan.FromMinutes(2));
        List<Guid> backups = [];
        for (var i = 0; i < 20; i++)
        {
            var agent = await site.AddOnlineAsync();
            backups.Add(await site.StartBackupAsync(agent));
            await agent.OpenAsync(backups[^1]);
        }

        site.Host.Services.GetRequiredService<FaultPlan>().Hang(Looks);
        await PassAsync(site, TimeSpan.FromSeconds(59));
        _time.Advance(TimeSpan.FromSeconds(1));
        await SweepSlowlyAsync(site, TimeSpan.FromSeconds(6));
        foreach (var backup in backups)
            Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(backup))!.Reason);

        // No pause was seen in it, which would give the next ones a second lease.
        var next = await site.AddOnlineAsync();
        var last = await site.StartBackupAsync(next);
        await next.OpenAsync(last);
        await PassAsync(site, TimeSpan.FromSeconds(59));
        _time.Advance(TimeSpan.FromSeconds(1));
        await SweepSlowlyAsync(site, TimeSpan.FromSeconds(6));
        Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(last))!.Reason);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_may_be_whole_has_another_lease_for_the_store_to_say_so_and_is_not_thrown_away(bool answersInTime)
    {
        await using var site = await StartAsync(services: FaultyStore.Around);
        await PassAsync(site, TimeSpan.FromMinutes(2));
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);

        // As a controller left it that died before the commit.
        var lease = _time.GetUtcNow().AddSeconds(60);
        await site.Host.CatalogAsync(catalog => catalog.Backups.Where(b => b.Id == backup).ExecuteUpdateAsync(set => set
            .SetProperty(b => b.State, BackupState.Running)
            .SetProperty(b => b.Ended, (DateTimeOffset?)null)
            .SetProperty(b => b.LeaseUntil, lease)
            .SetProperty(b => b.Phase, BackupPhase.Completing)));
        var plan = site.Host.Services.GetRequiredService<FaultPlan>();
        plan.Hang(Looks);
        await PassAsync(site, TimeSpan.FromSeconds(59));
        for (var i = 0; i < 6; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            await SweepSlowlyAsync(site, TimeSpan.FromSeconds(6));
        }

        Assert.Equal(BackupState.Running, (await site.RowAsync(backup))!.State);
        if (answersInTime)
            plan.Hang();
        for (var i = 0; i < 8; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(2));
            await SweepSlowlyAsync(site, TimeSpan.FromSeconds(6));
        }

        Assert.Equal(answersInTime ? BackupState.Succeeded : BackupState.Failed, (await site.RowAsync(backup))!.State);
        plan.Hang();
        await SweepAsync(site);
        Assert.Equal(
            archive.Length, await site.Host.Services.GetRequiredService<IArchiveStore>().GetLengthAsync(new ArchiveKey(backup, 1), CancellationToken.None));
    }

    /// <summary>What the sweep asks the store.</summary>
    private static string[] Looks => [nameof(IArchiveStore.GetLengthAsync), nameof(IArchiveStore.ReadSidecarAsync)];

    /// <summary>A sweep that waits for a store which hangs, until it has waited for long enough.</summary>
    private async Task SweepSlowlyAsync(BackupSite site, TimeSpan atMost)
    {
        var sweep = SweepAsync(site);
        for (var waited = TimeSpan.Zero; waited < atMost && !sweep.IsCompleted; waited += TimeSpan.FromSeconds(1))
        {
            await Task.WhenAny(sweep, Task.Delay(200));
            if (!sweep.IsCompleted)
                _time.Advance(TimeSpan.FromSeconds(1));
        }

        await sweep.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>The worker, which sweeps in its own time, is away here: the tests sweep by themselves.</summary>
    private async Task<BackupSite> StartAsync(
        Dictionary<string, string?>? settings = null, string? folder = null, Action<IServiceCollection>? services = null)
    {
        settings ??= [];
        settings["Backups:SweepInterval"] = "00:01:00";
        var site = await BackupSite.StartAsync(_time, settings, folder, all =>
        {
            Idle(all);
            services?.Invoke(all);
        });
        site.Host.Services.GetRequiredService<BackupSweep>().Listen();
        return site;
    }

    /// <summary>No sweep but those that a test makes.</summary>
    internal static void Idle(IServiceCollection services) => services.Remove(
        services.Single(s => s.ServiceType == typeof(IHostedService) && s.ImplementationType == typeof(BackupSweepWorker)));

    private async Task PassAsync(BackupSite site, TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(20))
        {
            _time.Advance(left < TimeSpan.FromSeconds(20) ? left : TimeSpan.FromSeconds(20));
            await SweepAsync(site);
        }
    }

    private static Task SweepAsync(BackupSite site) =>
        site.Host.Services.GetRequiredService<BackupSweep>().SweepAsync(CancellationToken.None);
}
