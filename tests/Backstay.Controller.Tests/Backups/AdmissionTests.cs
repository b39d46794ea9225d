using System.Net;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Agents;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Backups;

/// <summary>More backups than may run at once: they wait in order, say their place, and none of their times runs out meanwhile.</summary>
public sealed class AdmissionTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task Backups_beyond_the_limit_wait_and_say_their_place()
    {
        await using var site = await StartAsync(inAll: 1);
        var (running, second, third) = (await StartOneAsync(site), await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.OpenAsync(running.Backup);

        var (status, after) = (await site.StatusAsync(second.Agent, second.Backup), await site.StatusAsync(third.Agent, third.Backup));
        Assert.Equal((BackupStatusWord.Processing, BackupStatusWord.Processing), (status.Status, after.Status));
        Assert.Contains("place 1 in", status.Message, StringComparison.Ordinal);
        Assert.Contains("place 2 in", after.Message, StringComparison.Ordinal);

        await CancelAsync(site, second);
        Assert.Contains("place 1 in", (await site.StatusAsync(third.Agent, third.Backup)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_ends_lets_the_oldest_one_begin_at_once()
    {
        await using var site = await StartAsync(inAll: 1);
        var (running, second, third) = (await StartOneAsync(site), await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.MakeAsync(running.Backup, new byte[100]);

        // The clock stands still: it is the end that did it, not a look at the queue.
        Assert.Equal(second.Backup.ToString(), await second.Agent.NextEventAsync(AgentEvents.Backup));
        await second.Agent.OpenAsync(second.Backup);
        using (var early = await third.Agent.TryOpenAsync(third.Backup))
            Assert.Equal(ErrorIds.BackupWaiting, (await BackupSite.ErrorAsync(early, HttpStatusCode.ServiceUnavailable)).Id);

        await CancelAsync(site, second);
        Assert.Equal(third.Backup.ToString(), await third.Agent.NextEventAsync(AgentEvents.Backup));
        await third.Agent.MakeAsync(third.Backup, new byte[100]);
    }

    [Fact]
    public async Task An_agent_that_asks_out_of_turn_is_told_when_to_come_back()
    {
        await using var site = await StartAsync(inAll: 1);
        var (running, second) = (await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.OpenAsync(running.Backup);

        using var early = await second.Agent.TryOpenAsync(second.Backup);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, early.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(10), early.Headers.RetryAfter!.Delta);
        Assert.Equal(BackupState.Pending, (await site.RowAsync(second.Backup))!.State);

        // A connection that is made anew doesn't tell of it either.
        await second.Agent.ConnectAsync();
        await CancelAsync(site, running);
        Assert.Equal(second.Backup.ToString(), await second.Agent.NextEventAsync(AgentEvents.Backup));
    }

    [Fact]
    public async Task The_times_of_a_backup_count_from_when_it_may_begin()
    {
        await using var site = await StartAsync(inAll: 1, new() { ["Backups:Deadline"] = "08:00:00", ["Backups:MaxWait"] = "12:00:00" });
        var (running, second) = (await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.OpenAsync(running.Backup);
        for (var hour = 0; hour < 7; hour++)
        {
            _time.Advance(TimeSpan.FromHours(1));
            await running.Agent.RenewAsync(running.Backup, 1);
            await SweepAsync(site);
        }

        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(second.Agent, second.Backup)).Status);
        await CancelAsync(site, running);
        var session = await second.Agent.OpenAsync(second.Backup);
        Assert.Equal(_time.GetUtcNow().AddHours(8), session.Deadline);
        await SweepAsync(site);
        Assert.Equal(BackupState.Running, (await site.RowAsync(second.Backup))!.State);
    }

    [Fact]
    public async Task A_backup_that_may_begin_has_the_time_to_be_picked_up_from_then_on()
    {
        await using var site = await StartAsync(inAll: 1);
        var (running, second) = (await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.OpenAsync(running.Backup);
        await PassAsync(site, TimeSpan.FromMinutes(5), running);
        await CancelAsync(site, running);
        Assert.NotNull(await second.Agent.NextEventAsync(AgentEvents.Backup));

        await PassAsync(site, TimeSpan.FromSeconds(119));
        Assert.Equal(BackupState.Pending, (await site.RowAsync(second.Backup))!.State);
        await PassAsync(site, TimeSpan.FromSeconds(1));
        Assert.Equal(FailureReason.AgentLost, (await site.RowAsync(second.Backup))!.Reason);
    }

    [Fact]
    public async Task A_backup_whose_turn_does_not_come_fails_with_a_reason()
    {
        await using var site = await StartAsync(inAll: 1, new() { ["Backups:MaxWait"] = "00:10:00" });
        var (running, second) = (await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.OpenAsync(running.Backup);
        await PassAsync(site, new TimeSpan(0, 9, 59), running);
        Assert.Equal(BackupStatusWord.Processing, (await site.StatusAsync(second.Agent, second.Backup)).Status);
        await PassAsync(site, TimeSpan.FromSeconds(1), running);

        Assert.Equal(FailureReason.DeadlineExceeded, (await site.RowAsync(second.Backup))!.Reason);
        Assert.Contains("Backups:MaxWait", (await site.StatusAsync(second.Agent, second.Backup)).Output, StringComparison.Ordinal);
        Assert.Equal(BackupState.Running, (await site.RowAsync(running.Backup))!.State);
    }

    [Fact]
    public async Task An_appliance_that_is_offline_does_not_keep_others_waiting()
    {
        await using var site = await StartAsync(inAll: 1);
        var (running, gone, there) = (await StartOneAsync(site), await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.OpenAsync(running.Backup);
        await gone.Agent.DisconnectAsync();
        while (await site.Host.CatalogAsync(catalog => catalog.Appliances.AnyAsync(a => a.Id == gone.Agent.ApplianceId && a.OnlineUntil != null)))
            await Task.Yield();

        await CancelAsync(site, running);
        Assert.Equal(there.Backup.ToString(), await there.Agent.NextEventAsync(AgentEvents.Backup));

        // It hasn't lost its place among the others.
        await gone.Agent.ConnectAsync();
        var late = await StartOneAsync(site);
        await CancelAsync(site, there);
        Assert.Equal(gone.Backup.ToString(), await gone.Agent.NextEventAsync(AgentEvents.Backup));
        Assert.Null((await site.RowAsync(late.Backup))!.Admitted);
    }

    [Fact]
    public async Task A_place_that_nobody_was_told_of_is_found_with_the_next_look()
    {
        await using var site = await StartAsync(inAll: 1);
        var (running, second) = (await StartOneAsync(site), await StartOneAsync(site));
        await running.Agent.OpenAsync(running.Backup);
        await site.Host.CatalogAsync(catalog => catalog.Backups
            .Where(b => b.Id == running.Backup)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.State, BackupState.Failed)));
        await site.Host.Services.GetRequiredService<Admission>().AdmitAsync(CancellationToken.None);

        Assert.Equal(second.Backup.ToString(), await second.Agent.NextEventAsync(AgentEvents.Backup));
    }

    /// <summary>The timer is slow here: the tests sweep by themselves.</summary>
    private Task<BackupSite> StartAsync(int inAll, Dictionary<string, string?>? settings = null)
    {
        settings ??= [];
        settings["Backups:SweepInterval"] = "00:01:00";
        settings["Backups:MaxParallel"] = $"{inAll}";
        return BackupSite.StartAsync(_time, settings);
    }

    private async Task<(RawAgent Agent, Guid Backup)> StartOneAsync(BackupSite site)
    {
        var agent = await site.AddOnlineAsync();
        var backup = await site.StartBackupAsync(agent);
        _time.Advance(TimeSpan.FromMilliseconds(1)); // so that there is an order
        return (agent, backup);
    }

    private static async Task CancelAsync(BackupSite site, (RawAgent Agent, Guid Backup) one)
    {
        using var cancelled = await site.Admin.DeleteAsync(BackupSite.Path(one.Agent, one.Backup));
        Assert.Equal(HttpStatusCode.Accepted, cancelled.StatusCode);
    }

    private async Task PassAsync(BackupSite site, TimeSpan time, (RawAgent Agent, Guid Backup)? alive = null)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(20))
        {
            _time.Advance(left < TimeSpan.FromSeconds(20) ? left : TimeSpan.FromSeconds(20));
            if (alive is { } running)
                (await running.Agent.RenewAsync(running.Backup, 1)).Dispose();
            await SweepAsync(site);
        }
    }

    private static Task SweepAsync(BackupSite site) =>
        site.Host.Services.GetRequiredService<BackupSweep>().SweepAsync(CancellationToken.None);
}
