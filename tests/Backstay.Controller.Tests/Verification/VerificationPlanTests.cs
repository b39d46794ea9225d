using Backstay.Controller.Catalog;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Verification;

public sealed class VerificationPlanTests
{
    [Fact]
    public async Task Everything_is_proven_again_when_it_is_due_oldest_first_and_not_before()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (first, _) = await site.MakeRealBackupAsync(agent);
        var (second, _) = await site.MakeRealBackupAsync(agent);
        await AgeAsync(site, first, days: 31);
        await AgeAsync(site, second, days: 32);
        var (young, _) = await site.MakeRealBackupAsync(agent);

        await site.VerifyAllAsync();
        Assert.False(await site.PlanAsync());

        var results = await site.ResultsAsync();
        Assert.Equal(
            [(second, VerificationStrength.Digest, VerificationRunState.Passed), (first, VerificationStrength.Digest, VerificationRunState.Passed)],
            results.OrderBy(v => v.Ended).Select(v => (v.BackupId, v.Strength, v.State)));
        Assert.All(results, result => Assert.True(result.Planned));
        Assert.DoesNotContain(results, result => result.BackupId == young);
    }

    [Fact]
    public async Task What_a_clock_that_was_ahead_has_written_keeps_nothing_from_being_proven()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (proven, _) = await site.MakeRealBackupAsync(agent);
        var (claimed, _) = await site.MakeRealBackupAsync(agent);
        var ahead = TimeProvider.System.GetUtcNow().AddYears(1);
        await site.AskAsync(agent, claimed, "digest");
        await site.Host.CatalogAsync(async catalog =>
        {
            await catalog.Verifications.Where(v => v.State < VerificationRunState.Passed).ExecuteUpdateAsync(
                set => set.SetProperty(v => v.State, VerificationRunState.Running).SetProperty(v => v.ClaimUntil, ahead));
            await catalog.Backups.Where(b => b.Id == proven).ExecuteUpdateAsync(
                set => set.SetProperty(b => b.Verified, ahead).SetProperty(b => b.ContentVerified, ahead));
        });

        await site.VerifyAllAsync();

        Assert.Equal(
            new[] { (proven, VerificationStrength.Digest), (proven, VerificationStrength.Content), (claimed, VerificationStrength.Digest) }.Order(),
            (await site.ResultsAsync()).Where(v => v.State == VerificationRunState.Passed).Select(v => (v.BackupId, v.Strength)).Order());
        var row = (await site.RowAsync(proven))!;
        Assert.True(row.Verified < ahead && row.ContentVerified < ahead);
    }

    [Fact]
    public async Task Content_is_proven_when_it_is_due_and_what_is_not_possible_is_not_tried_over_and_over()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (good, _) = await site.MakeRealBackupAsync(agent);
        var (closed, _) = await site.MakeRealBackupAsync(agent, passphrase: "of somebody else altogether");
        await AgeAsync(site, good, days: 91);
        await AgeAsync(site, closed, days: 91);

        await site.VerifyAllAsync();
        Assert.False(await site.PlanAsync());

        var contents = (await site.ResultsAsync(VerificationStrength.Content)).ToDictionary(v => v.BackupId, v => v.State);
        Assert.Equal((VerificationRunState.Passed, VerificationRunState.Impossible), (contents[good], contents[closed]));
        Assert.Equal(2, contents.Count);
    }

    [Fact]
    public async Task Content_is_proven_after_each_backup_where_that_is_asked_for()
    {
        await using var site = await StartAsync(new() { ["Verification:ContentAfterBackup"] = "true", ["Verification:ContentEveryDays"] = "0" });
        var (backup, _) = await site.MakeRealBackupAsync(await site.AddOnlineAsync());

        await site.VerifyAllAsync();

        Assert.Equal(backup, Assert.Single(await site.ResultsAsync(VerificationStrength.Content)).BackupId);
        Assert.NotNull((await site.RowAsync(backup))!.ContentVerified);
    }

    [Fact]
    public async Task Nothing_is_proven_unasked_where_that_is_turned_off()
    {
        await using var site = await StartAsync(new() { ["Verification:DigestEveryDays"] = "0", ["Verification:ContentEveryDays"] = "0" });
        var (backup, _) = await site.MakeRealBackupAsync(await site.AddOnlineAsync());
        await AgeAsync(site, backup, days: 3000);
        Assert.False(await site.PlanAsync());
    }

    [Fact]
    public async Task What_somebody_asks_for_comes_before_what_is_planned()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (old, _) = await site.MakeRealBackupAsync(agent);
        var (wanted, _) = await site.MakeRealBackupAsync(agent);
        await AgeAsync(site, old, days: 40);
        Assert.True(await site.PlanAsync());
        var asked = await site.AskAsync(agent, wanted, "digest");

        Assert.True(await site.VerifyNextAsync());

        Assert.Equal(VerificationRunState.Passed, (await site.ReadAsync(asked)).State);
        Assert.Equal(VerificationRunState.Waiting, (await site.ResultsAsync()).Single(v => v.BackupId == old).State);
    }

    [Fact]
    public async Task Several_controllers_that_plan_at_once_queue_each_once()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        for (var i = 0; i < 4; i++)
            await AgeAsync(site, (await site.MakeRealBackupAsync(agent)).Backup, days: 40);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(site.PlanAsync)));

        Assert.Equal(4, (await site.ResultsAsync()).Count);
    }

    [Fact]
    public async Task Old_results_go_but_for_the_newest_of_a_strength_and_those_that_found_damage()
    {
        await using var site = await StartAsync();
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeRealBackupAsync(agent);
        var now = TimeProvider.System.GetUtcNow();
        Guid[] ids = [.. Enumerable.Range(0, 5).Select(_ => Guid.NewGuid())];
        await site.Host.CatalogAsync(async catalog =>
        {
            await catalog.Verifications.ExecuteDeleteAsync();
            catalog.Verifications.AddRange(
                Ended(ids[0], VerificationStrength.Digest, VerificationRunState.Passed, days: 500),
                Ended(ids[1], VerificationStrength.Digest, VerificationRunState.Passed, days: 10),
                Ended(ids[2], VerificationStrength.Content, VerificationRunState.Passed, days: 600),
                Ended(ids[3], VerificationStrength.Content, VerificationRunState.Failed, days: 900),
                Ended(ids[4], VerificationStrength.Content, VerificationRunState.Passed, days: 700));
            await catalog.SaveChangesAsync();
        });

        await using var scope = site.Host.Services.CreateAsyncScope();
        var thinned = await scope.ServiceProvider.GetRequiredService<VerificationPlan>().ThinAsync(CancellationToken.None);

        Assert.Equal(2, thinned);
        Assert.Equivalent(new[] { ids[1], ids[2], ids[3] }, (await site.ResultsAsync()).Select(v => v.Id), strict: true);

        VerificationEntity Ended(Guid id, VerificationStrength strength, VerificationRunState state, int days) => new()
        {
            Id = id,
            BackupId = backup,
            ApplianceId = agent.ApplianceId,
            Strength = strength,
            State = state,
            RequestedBy = "test",
            Requested = now.AddDays(-days),
            Ended = now.AddDays(-days),
        };
    }

    private static Task<BackupSite> StartAsync(Dictionary<string, string?>? settings = null) =>
        BackupSite.StartAsync(settings: settings, services: VerificationSite.Idle);

    /// <summary>As if it had been made, and proven, so long ago.</summary>
    private static Task<int> AgeAsync(BackupSite site, Guid backup, int days) => site.Host.CatalogAsync(catalog =>
    {
        var then = TimeProvider.System.GetUtcNow().AddDays(-days);
        return catalog.Backups.Where(b => b.Id == backup).ExecuteUpdateAsync(set => set
            .SetProperty(b => b.Ended, then)
            .SetProperty(b => b.Verified, then));
    });
}
