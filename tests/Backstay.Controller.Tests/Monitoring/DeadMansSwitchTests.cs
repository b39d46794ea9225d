using Backstay.Controller.Monitoring;
using Backstay.Controller.Tests.Notifications;
using Backstay.Controller.Tests.Objectives;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Monitoring;

/// <summary>The sign of life is given while all is well, and at no other time.</summary>
public sealed class DeadMansSwitchTests
{
    [Fact]
    public async Task It_is_given_once_an_interval_while_all_is_well()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await StartAsync(receiver.Url);
        await site.RoundAsync();

        Assert.True(await LookAsync(site));
        Assert.False(await LookAsync(site));
        Assert.Equal("GET /hook", Assert.Single(receiver.All).Path);

        site.Time.Advance(TimeSpan.FromHours(1));
        await site.RoundAsync();
        Assert.True(await LookAsync(site));
        Assert.Equal(2, receiver.All.Count);
    }

    [Fact]
    public async Task It_is_not_given_while_an_appliance_is_overdue_unless_that_is_said()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await StartAsync(receiver.Url);
        await site.AddApplianceAsync("gw-1");
        await site.PassAsync(TimeSpan.FromDays(3));
        await site.DispatchAsync();

        Assert.False(await LookAsync(site));
        Assert.Empty(receiver.All);
        Assert.Contains("overdue", await FaultAsync(site), StringComparison.Ordinal);

        await using var other = await StartAsync(receiver.Url, evenWhenOverdue: true);
        await other.AddApplianceAsync("gw-1");
        await other.PassAsync(TimeSpan.FromDays(3));
        await other.DispatchAsync();
        Assert.True(await LookAsync(other));
    }

    [Fact]
    public async Task It_is_not_given_when_rounds_stop_or_events_wait()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await StartAsync(receiver.Url);
        Assert.Contains("compares", await FaultAsync(site), StringComparison.Ordinal);
        await site.RoundAsync();
        Assert.Null(await FaultAsync(site));
        site.Time.Advance(TimeSpan.FromMinutes(4));
        Assert.Contains("compares", await FaultAsync(site), StringComparison.Ordinal);

        await site.TellAsync(EventKind.BackupFailed, null, "failed");
        await site.PassAsync(TimeSpan.FromMinutes(11));
        Assert.Contains("events", await FaultAsync(site), StringComparison.Ordinal);
        await site.DispatchAsync();
        Assert.Null(await FaultAsync(site));
    }

    [Fact]
    public async Task It_is_not_given_by_a_controller_whose_clock_is_not_believed()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await StartAsync(receiver.Url);
        await site.RoundAsync();
        Assert.Null(await FaultAsync(site));
        var believed = site.Time.GetUtcNow().AddDays(-10);
        await site.Host.CatalogAsync(catalog => catalog.RetentionState.ExecuteUpdateAsync(set => set.SetProperty(s => s.LastSeen, believed)));

        Assert.Contains("clock", await FaultAsync(site), StringComparison.Ordinal);
        Assert.False(await LookAsync(site));
        Assert.Empty(receiver.All);
    }

    [Fact]
    public async Task A_call_that_fails_is_made_again_before_the_interval_is_over()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await StartAsync(receiver.Url);
        await site.RoundAsync();
        receiver.AnswerWith(500);
        Assert.False(await LookAsync(site));

        receiver.AnswerWith(200);
        site.Time.Advance(TimeSpan.FromMinutes(16));
        await site.RoundAsync();
        Assert.True(await LookAsync(site));
    }

    [Fact]
    public async Task An_address_that_is_not_notified_is_not_called()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var site = await WatchSite.StartAsync(settings: new() { ["DeadMansSwitch:Url"] = receiver.Url });
        await site.RoundAsync();

        Assert.False(await LookAsync(site));
        Assert.Empty(receiver.All);
    }

    private static Task<WatchSite> StartAsync(string url, bool evenWhenOverdue = false) => WatchSite.StartAsync(settings: new(Notifying.LoopbackAllowed)
    {
        ["DeadMansSwitch:Url"] = url,
        ["DeadMansSwitch:Interval"] = "01:00:00",
        ["DeadMansSwitch:EvenWhenOverdue"] = $"{evenWhenOverdue}",
    });

    private static async Task<bool> LookAsync(WatchSite site)
    {
        using var own = ActivatorUtilities.CreateInstance<DeadMansSwitch>(site.Host.Services);
        return await own.LookAsync(CancellationToken.None);
    }

    private static Task<string?> FaultAsync(WatchSite site) =>
        site.Host.Services.GetRequiredService<WellBeing>().FaultAsync(CancellationToken.None);
}
