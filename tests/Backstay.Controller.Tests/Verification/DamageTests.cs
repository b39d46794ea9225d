using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Schedules;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Verification;

/// <summary>What follows from damage, on one or several controllers.</summary>
public sealed class DamageTests
{
    private static readonly BackupSchedule Nightly = new(null, "nightly", "0 2 * * *", "Etc/UTC", new ApplianceSelection(All: true));

    [Fact]
    public async Task Damage_makes_the_next_scheduled_backup_of_that_appliance_start_at_once_and_once()
    {
        await using var site = await ScheduleSite.StartAsync(controllers: 2);
        var (damaged, other) = (await site.AddApplianceAsync("gw-01"), await site.AddApplianceAsync("gw-02"));
        await site.AddScheduleAsync(Nightly with { Name = "weekly", Cron = "0 2 * * 0" });
        var nightly = await site.AddScheduleAsync(Nightly);
        var backup = await AddBackupAsync(site, damaged);
        site.Time.Advance(TimeSpan.FromMinutes(1));

        await FindAsync(site, backup, VerificationRunState.Failed);
        await FindAsync(site, backup, VerificationRunState.Failed);
        await site.LookAsync();
        await site.LookAsync();

        var started = Assert.Single(await site.BackupsAsync(), b => b.Id != backup.Id);
        Assert.Equal((damaged, "schedule nightly"), (started.ApplianceId, started.RequestedBy));
        Assert.Equal(ScheduledRunState.Started, (await site.RunAsync(nightly, damaged)).State);
        Assert.Null((await site.RunAsync(nightly, other)).State);
        var events = await site.Host.CatalogAsync(catalog => catalog.Events.AsNoTracking().Where(e => e.BackupId == backup.Id).ToListAsync());
        Assert.Equal(1, events.Count(e => e.Kind == EventKind.BackupDamaged));
        Assert.Equal(2, events.Count(e => e.Kind == EventKind.VerificationFailed));
        Assert.Contains(events, e => e.Message.Contains("gw-01", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_damages_whatever_it_is_given_gets_one_backup_more_and_not_one_after_the_other()
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-01");
        await site.AddScheduleAsync(Nightly);
        await FindAsync(site, await AddBackupAsync(site, appliance), VerificationRunState.Failed);
        await site.PassAsync(TimeSpan.FromMinutes(1));
        await site.EndBackupsAsync();

        // What the run made is damaged, too, and so is what follows.
        for (var i = 0; i < 3; i++)
        {
            var made = await AddBackupAsync(site, appliance);
            await site.PassAsync(TimeSpan.FromMinutes(1));
            await FindAsync(site, made, VerificationRunState.Failed);
            await site.PassAsync(TimeSpan.FromMinutes(1));
        }

        Assert.Single(await site.BackupsAsync(), b => b.RequestedBy == "schedule nightly");
    }

    [Fact]
    public async Task Damage_that_is_found_after_a_newer_backup_stood_verified_is_followed_by_a_backup_again()
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-01");
        await site.AddScheduleAsync(Nightly);
        var (one, two) = (await AddBackupAsync(site, appliance), await AddBackupAsync(site, appliance));
        await FindAsync(site, one, VerificationRunState.Failed);
        await site.PassAsync(TimeSpan.FromMinutes(1));
        await site.EndBackupsAsync();
        await AddBackupAsync(site, appliance); // good, and stays so
        await site.PassAsync(TimeSpan.FromMinutes(1));

        await FindAsync(site, two, VerificationRunState.Failed);
        await site.PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(2, (await site.BackupsAsync()).Count(b => b.RequestedBy == "schedule nightly"));
    }

    [Fact]
    public async Task An_appliance_without_a_schedule_or_with_a_paused_one_is_left_alone()
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-01");
        await site.AddScheduleAsync(Nightly with { Paused = true });
        var backup = await AddBackupAsync(site, appliance);

        await FindAsync(site, backup, VerificationRunState.Failed);
        await site.PassAsync(TimeSpan.FromMinutes(1));

        Assert.Single(await site.BackupsAsync());
        Assert.Equal(VerificationState.Damaged, (await site.BackupsAsync())[0].Verification);
    }

    [Fact]
    public async Task What_was_impossible_to_look_at_is_followed_by_nothing()
    {
        await using var site = await ScheduleSite.StartAsync();
        var appliance = await site.AddApplianceAsync("gw-01");
        await site.AddScheduleAsync(Nightly);
        var backup = await AddBackupAsync(site, appliance);

        await FindAsync(site, backup, VerificationRunState.Impossible);
        await site.PassAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(VerificationState.Verified, Assert.Single(await site.BackupsAsync()).Verification);
        Assert.Equal(0, await site.Host.CatalogAsync(catalog => catalog.Events.CountAsync(e => e.Kind == EventKind.VerificationFailed)));
    }

    /// <summary>A result that comes from elsewhere, as from a drill.</summary>
    private static async Task FindAsync(ScheduleSite site, BackupEntity backup, VerificationRunState state)
    {
        var now = site.Time.GetUtcNow();
        await using var scope = site.Host.Services.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<CatalogContext>();
        var results = scope.ServiceProvider.GetRequiredService<VerificationResults>();
        await using var transaction = await catalog.Database.BeginTransactionAsync();
        Assert.True(await results.AddAsync(
            new VerificationEntity
            {
                Id = Guid.NewGuid(),
                BackupId = backup.Id,
                ApplianceId = backup.ApplianceId,
                Strength = VerificationStrength.Drill,
                State = state,
                RequestedBy = "test",
                Requested = now,
                Started = now,
                Ended = now,
                Message = "The database doesn't start.",
            },
            CancellationToken.None));
        await catalog.SaveChangesAsync();
        await transaction.CommitAsync();
        results.Wake();
    }

    private static async Task<BackupEntity> AddBackupAsync(ScheduleSite site, Guid appliance)
    {
        var now = site.Time.GetUtcNow();
        var backup = new BackupEntity
        {
            Id = Guid.NewGuid(),
            ApplianceId = appliance,
            State = BackupState.Succeeded,
            Logs = false,
            Audit = false,
            RequestedBy = "admin",
            Created = now,
            Ended = now,
            LeaseUntil = now,
            Deadline = now,
            Envelope = [],
            Verification = VerificationState.Verified,
            Verified = now,
        };
        await site.Host.CatalogAsync(async catalog =>
        {
            catalog.Backups.Add(backup);
            await catalog.SaveChangesAsync();
        });
        return backup;
    }
}
