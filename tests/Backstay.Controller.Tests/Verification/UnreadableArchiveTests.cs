using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Storage;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Verification;

/// <summary>An archive that can't be read, as on a bad sector: neither good nor damaged, and nobody's business but an operator's.</summary>
public sealed class UnreadableArchiveTests
{
    private static readonly DateTimeOffset Begin = new(2027, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Begin);

    [Fact]
    public async Task It_is_tried_ever_more_rarely_and_told_of_after_a_day_and_then_daily()
    {
        await using var site = await StartAsync();
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync("gw-bad"));
        await DoubtAsync(site, backup);
        Assert.True(await site.PlanAsync());
        List<DateTimeOffset> tries = [];
        while (_time.GetUtcNow() < Begin.AddDays(3))
        {
            if (await TryAsync(site))
                tries.Add(_time.GetUtcNow());
            await PassAsync(site, TimeSpan.FromMinutes(30));
        }

        Assert.InRange(tries.Count, 12, 24);
        Assert.All(tries.Zip(tries.Skip(1)), pair => Assert.True(pair.Second - pair.First <= TimeSpan.FromHours(6.5)));
        var told = await EventsAsync(site);
        Assert.Equal(2, told.Count);
        Assert.All(told, happened => Assert.Equal(backup, happened.BackupId));
        Assert.InRange(told[0].Time, Begin.AddDays(1), Begin.AddDays(1.3));
        Assert.InRange(told[1].Time - told[0].Time, TimeSpan.FromDays(1), TimeSpan.FromDays(1.3));
        Assert.Contains($"{backup}.1 of gw-bad can't be read since 2027-01-01 12:00 UTC", told[0].Message, StringComparison.Ordinal);
        Assert.Equal(VerificationState.Pending, (await site.RowAsync(backup))!.Verification);

        await PassAsync(site, TimeSpan.FromHours(7));
        Assert.True(await site.VerifyNextAsync());
        Assert.Equal(VerificationState.Verified, (await site.RowAsync(backup))!.Verification);
    }

    [Fact]
    public async Task It_is_tried_at_once_when_somebody_asks()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        await DoubtAsync(site, backup);
        Assert.True(await site.PlanAsync());
        Assert.True(await TryAsync(site));
        Assert.False(await site.VerifyNextAsync());

        await site.AskAsync(agent, backup, "digest");

        Assert.True(await site.VerifyNextAsync());
        Assert.Equal(VerificationState.Verified, (await site.RowAsync(backup))!.Verification);
    }

    [Fact]
    public async Task While_no_other_archive_can_be_read_either_nothing_is_told_of_one()
    {
        await using var site = await StartAsync();
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        await DoubtAsync(site, backup);
        Assert.True(await site.PlanAsync());
        for (var i = 0; i < 60; i++)
        {
            await TryAsync(site);
            _time.AdjustTime(_time.GetUtcNow().AddHours(1));
        }

        Assert.Empty(await EventsAsync(site));
    }

    [Fact]
    public async Task However_many_can_not_be_read_others_are_proven()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent);
        for (var i = 0; i < 70; i++)
            await site.Host.AddBackupAsync(agent.ApplianceId, BackupState.Succeeded, Begin.AddDays(-i - 1));
        await site.Host.CatalogAsync(async catalog =>
        {
            var others = await catalog.Backups.Where(b => b.Id != backup).Select(b => b.Id).ToListAsync();
            catalog.Verifications.AddRange(others.Select(other => new VerificationEntity
            {
                Id = Guid.NewGuid(),
                BackupId = other,
                ApplianceId = agent.ApplianceId,
                Strength = VerificationStrength.Digest,
                State = VerificationRunState.Waiting,
                Planned = true,
                RequestedBy = "controller",
                Requested = Begin.AddDays(-1),
                UnreadableSince = Begin.AddHours(-2),
                ClaimUntil = Begin.AddHours(1),
            }));
            await catalog.SaveChangesAsync();
        });
        await DoubtAsync(site, backup);

        await site.VerifyAllAsync();

        Assert.Equal(VerificationState.Verified, (await site.RowAsync(backup))!.Verification);
    }

    [Fact]
    public async Task A_fault_of_the_controller_is_said_in_the_list_and_it_is_tried_again()
    {
        await using var site = await StartAsync();
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        await DoubtAsync(site, backup);
        Assert.True(await site.PlanAsync());
        Plan(site).FailNext(nameof(IArchiveStore.OpenReadAsync), new InvalidOperationException("a bug"));

        Assert.True(await site.VerifyNextAsync());

        var waiting = Assert.Single(await site.ResultsAsync());
        Assert.Equal((VerificationRunState.Waiting, Begin + VerificationClaim.RetryAfter), (waiting.State, waiting.ClaimUntil));
        Assert.Contains("InvalidOperationException", waiting.Message, StringComparison.Ordinal);
        Assert.False(await site.VerifyNextAsync());
        _time.AdjustTime(Begin + VerificationClaim.RetryAfter);
        Assert.True(await site.VerifyNextAsync());
        Assert.Equal(VerificationState.Verified, (await site.RowAsync(backup))!.Verification);
    }

    private Task<BackupSite> StartAsync() => BackupSite.StartAsync(
        _time,
        new() { ["Verification:ContentEveryDays"] = "0" },
        services: services =>
        {
            VerificationSite.Idle(services);
            FaultyStore.Around(services);
        });

    /// <summary>One that can't be read, if one is due.</summary>
    private static async Task<bool> TryAsync(BackupSite site)
    {
        Plan(site).FailNext(nameof(IArchiveStore.OpenReadAsync), Moment.Before);
        var tried = await site.VerifyNextAsync();
        Plan(site).Forget(nameof(IArchiveStore.OpenReadAsync));
        return tried;
    }

    /// <summary>Time in which another archive was read.</summary>
    private async Task PassAsync(BackupSite site, TimeSpan time)
    {
        _time.AdjustTime(_time.GetUtcNow() + time);
        var now = _time.GetUtcNow();
        var (other, appliance) = await OtherAsync(site);
        await site.Host.CatalogAsync(async catalog =>
        {
            catalog.Verifications.Add(new VerificationEntity
            {
                Id = Guid.NewGuid(),
                BackupId = other,
                ApplianceId = appliance,
                Strength = VerificationStrength.Digest,
                State = VerificationRunState.Passed,
                RequestedBy = "test",
                Requested = now,
                Ended = now,
                Message = "The stored bytes were read back.",
            });
            await catalog.SaveChangesAsync();
        });
    }

    private static async Task<(Guid Backup, Guid Appliance)> OtherAsync(BackupSite site)
    {
        const string Name = "gw-other";
        var there = await site.Host.CatalogAsync(catalog => catalog.Appliances.Where(a => a.Name == Name).Select(a => (Guid?)a.Id).SingleOrDefaultAsync());
        if (there is null)
        {
            there = (await site.AddApplianceAsync(Name)).ApplianceId;
            await site.Host.AddBackupAsync(there.Value, BackupState.Succeeded);
        }

        return (await site.Host.CatalogAsync(catalog => catalog.Backups.Where(b => b.ApplianceId == there).Select(b => b.Id).SingleAsync()), there.Value);
    }

    private static FaultPlan Plan(BackupSite site) => site.Host.Services.GetRequiredService<FaultPlan>();

    private static Task<List<EventEntity>> EventsAsync(BackupSite site) => site.Host.CatalogAsync(
        catalog => catalog.Events.AsNoTracking().Where(e => e.Kind == EventKind.BackupUnreadable).OrderBy(e => e.Time).ToListAsync());

    private static Task<int> DoubtAsync(BackupSite site, Guid backup) => site.Host.CatalogAsync(catalog => catalog.Backups
        .Where(b => b.Id == backup)
        .ExecuteUpdateAsync(set => set
            .SetProperty(b => b.Verification, VerificationState.Pending)
            .SetProperty(b => b.Verified, (DateTimeOffset?)null)));
}
