using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Objectives;

/// <summary>Who is told of, when, and how often.</summary>
public sealed class WatchRoundTests
{
    [Fact]
    public async Task An_overdue_appliance_is_told_of_once_then_daily_and_when_it_is_over()
    {
        await using var site = await WatchSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-1");
        await site.AddBackupAsync(appliance);

        await site.PassAsync(TimeSpan.FromHours(47));
        Assert.Empty(await site.KindsAsync());
        for (var hour = 0; hour < 24; hour++)
            await site.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal([EventKind.BackupOverdue], await site.KindsAsync());

        await site.PassAsync(TimeSpan.FromHours(2));
        Assert.Equal([EventKind.BackupOverdue, EventKind.BackupOverdue], await site.KindsAsync());
        await site.PassAsync(TimeSpan.FromHours(23));
        await site.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(3, (await site.KindsAsync()).Count);

        await site.AddBackupAsync(appliance);
        await site.PassAsync(TimeSpan.FromMinutes(1));
        await site.PassAsync(TimeSpan.FromMinutes(1));
        var events = await site.EventsAsync();
        Assert.Equal(EventKind.BackupRecovered, events[^1].Kind);
        Assert.Equal(4, events.Count);
        Assert.All(events, happened => Assert.Equal(appliance, happened.ApplianceId));
        Assert.Equal("gw-1 is overdue. The newest good backup is 48 h old; it may be 48 h.", events[0].Message);
        Assert.StartsWith("gw-1 is still overdue, since 2026-03-03 12:00 UTC.", events[1].Message, StringComparison.Ordinal);

        await site.PassAsync(TimeSpan.FromHours(49));
        Assert.Equal(EventKind.BackupOverdue, (await site.KindsAsync())[^1]);
        Assert.Equal(
            ["backup.overdue", "backup.overdue", "backup.overdue", "backup.recovered", "backup.overdue"],
            await site.Host.CatalogAsync(catalog => catalog.AuditLog
                .Where(line => line.Target == appliance.ToString())
                .OrderBy(line => line.Sequence)
                .Select(line => line.Action)
                .ToListAsync()));
    }

    [Fact]
    public async Task A_backup_that_a_clock_ahead_has_dated_does_not_keep_an_appliance_from_being_overdue()
    {
        await using var site = await WatchSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-1");
        await site.AddBackupAsync(appliance);
        await site.AddBackupAsync(appliance, proven: true, age: TimeSpan.FromDays(-365));

        await site.PassAsync(TimeSpan.FromHours(48));

        // Retention, which runs beside this, may tell of the clock by then.
        var overdue = Assert.Single(await site.EventsAsync(), happened => happened.ApplianceId == appliance);
        Assert.Equal("gw-1 is overdue. The newest good backup is 48 h old; it may be 48 h.", overdue.Message);
    }

    [Fact]
    public async Task Two_controllers_that_see_it_at_the_same_moment_tell_once()
    {
        await using var site = await WatchSite.StartAsync(controllers: 2);
        List<Guid> appliances = [];
        for (var i = 0; i < 10; i++)
            appliances.Add(await site.AddApplianceAsync($"gw-{i}"));

        await site.PassAsync(TimeSpan.FromHours(48));
        Assert.Equal(10, (await site.KindsAsync()).Count);
        await site.PassAsync(TimeSpan.FromDays(1));
        Assert.Equal(20, (await site.KindsAsync()).Count);
        foreach (var appliance in appliances)
            await site.AddBackupAsync(appliance);
        await site.RoundAsync();

        var events = await site.EventsAsync();
        Assert.Equal(30, events.Count);
        Assert.All(appliances, appliance => Assert.Equal(3, events.Count(e => e.ApplianceId == appliance)));
    }

    [Fact]
    public async Task Of_several_controllers_one_does_the_round_that_is_due()
    {
        await using var site = await WatchSite.StartAsync(controllers: 2);

        Assert.Equal(1, await site.LookAsync());
        Assert.Equal(0, await site.LookAsync());
        site.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal(1, await site.LookAsync());

        // Set back by days: what was decided in that future doesn't keep it quiet.
        site.Time.Advance(TimeSpan.FromDays(-3));
        Assert.Equal(1, await site.LookAsync());
    }

    [Fact]
    public async Task One_that_was_deactivated_is_no_more_overdue()
    {
        await using var site = await WatchSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-1");
        await site.AddApplianceAsync("gw-2", activated: false);
        await site.PassAsync(TimeSpan.FromDays(3));
        Assert.Equal([EventKind.BackupOverdue], await site.KindsAsync());

        await site.Host.CatalogAsync(catalog => catalog.Appliances
            .Where(a => a.Id == appliance)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.CredentialHash, (byte[]?)null)));
        await site.PassAsync(TimeSpan.FromDays(3));

        var events = await site.EventsAsync();
        Assert.Equal([EventKind.BackupOverdue, EventKind.BackupRecovered], events.Select(e => e.Kind));
        Assert.Equal("gw-1 is no more overdue: it was deactivated.", events[1].Message);
    }

    [Fact]
    public async Task A_backup_that_becomes_damaged_leaves_its_appliance_overdue()
    {
        await using var site = await WatchSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-1");
        site.Time.Advance(TimeSpan.FromDays(4));
        var backup = await site.AddBackupAsync(appliance);
        await site.AddBackupAsync(appliance, BackupState.Failed);
        await site.RoundAsync();
        Assert.Empty(await site.KindsAsync());

        await site.Host.CatalogAsync(catalog => catalog.Backups
            .Where(b => b.Id == backup)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.Verification, VerificationState.Damaged)));
        await site.RoundAsync();

        Assert.Equal(
            "gw-1 is overdue. It has no good backup, and was activated 96 h ago; it may take 48 h.",
            Assert.Single(await site.EventsAsync()).Message);
    }

    [Fact]
    public async Task A_store_that_fills_up_is_told_of_once_then_daily_and_again_when_it_fills_up_again()
    {
        await using var site = await WatchSite.StartAsync(controllers: 2, settings: new() { ["Storage:Quota:Bytes"] = "2097152" });
        await site.Host.CatalogAsync(catalog => catalog.BackupObjectives.ExecuteUpdateAsync(
            set => set.SetProperty(o => o.GoodWithinHours, (int?)null)));
        var backup = await site.AddBackupAsync(await site.AddApplianceAsync("gw-1"));

        await SizeAsync(1_900_000);
        await site.RoundAsync();
        await site.PassAsync(TimeSpan.FromHours(23));
        Assert.Equal([EventKind.StoreNearlyFull], await site.KindsAsync());
        await site.PassAsync(TimeSpan.FromHours(1));
        Assert.Equal(2, (await site.KindsAsync()).Count);

        await SizeAsync(1000);
        await site.RoundAsync();
        await SizeAsync(1_900_000);
        await site.RoundAsync();
        Assert.Equal(3, (await site.KindsAsync()).Count);

        Task SizeAsync(long size) => site.Host.CatalogAsync(catalog => catalog.Backups
            .Where(b => b.Id == backup)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.Size, size)));
    }
}
