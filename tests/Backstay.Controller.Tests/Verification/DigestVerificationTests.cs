using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Storage;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Verification;

public sealed class DigestVerificationTests
{
    [Fact]
    public async Task A_new_archive_is_read_back_before_success_is_said()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((VerificationState.Verified, row.Ended), (row.Verification, row.Verified));
        var result = await site.Host.CatalogAsync(catalog => catalog.Verifications.AsNoTracking().SingleAsync(v => v.BackupId == backup));
        Assert.Equal(
            (VerificationStrength.Digest, VerificationRunState.Passed, row.Size, row.Ended), (result.Strength, result.State, result.Bytes, result.Ended));
        Assert.True(result.Started <= result.Ended);
    }

    [Fact]
    public async Task An_archive_that_nobody_vouches_for_is_verified_in_the_background_and_the_audit_log_says_so()
    {
        await using var site = await BackupSite.StartAsync();
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        await DoubtAsync(site);
        await EndsAsync(site, backup, VerificationState.Verified);
        Assert.NotNull((await site.RowAsync(backup))!.Verified);
        var line = await site.Host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking().SingleAsync(a => a.Action == "backup.verify"));
        Assert.Equal((backup.ToString(), "verified", "controller"), (line.Target, line.Detail, line.Actor));
    }

    [Theory]
    [InlineData("altered")]
    [InlineData("cut")]
    [InlineData("gone")]
    public async Task An_archive_that_is_not_what_was_sealed_is_damaged(string how)
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        var key = new ArchiveKey(backup, 1);
        switch (how)
        {
            case "altered":
                archive[5000] ^= 1;
                await site.Host.ReplaceAsync(key, archive);
                break;
            case "cut":
                await site.Host.ReplaceAsync(key, archive[..^1]);
                break;
            default:
                await site.Host.Services.GetRequiredService<IArchiveStore>().DeleteAsync(key, CancellationToken.None);
                break;
        }

        await DoubtAsync(site);
        await site.VerifyAllAsync();
        Assert.Equal(VerificationState.Damaged, (await site.RowAsync(backup))!.Verification);
        var line = await site.Host.CatalogAsync(catalog => catalog.AuditLog.AsNoTracking().SingleAsync(a => a.Action == "backup.verify"));
        Assert.StartsWith("damaged", line.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_controller_left_unverified_is_taken_up_after_the_restart()
    {
        var folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
        try
        {
            Guid backup;
            await using (var site = await BackupSite.StartAsync(folder: folder, services: VerificationSite.Idle))
            {
                (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
                await DoubtAsync(site);
            }

            await using (var site = await BackupSite.StartAsync(folder: folder))
                await EndsAsync(site, backup, VerificationState.Verified);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Several_controllers_share_the_archives_out_and_verify_each_once()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        for (var i = 0; i < 5; i++)
            await site.MakeBackupAsync(agent);
        await DoubtAsync(site);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(site.VerifyAllAsync)));
        Assert.Equal(5, await site.Host.CatalogAsync(catalog => catalog.Backups.CountAsync(b => b.Verification == VerificationState.Verified)));
        Assert.Equal(5, await site.Host.CatalogAsync(catalog => catalog.AuditLog.CountAsync(a => a.Action == "backup.verify")));
        Assert.Equal(5, (await site.ResultsAsync()).Count);
    }

    [Fact]
    public async Task A_store_that_can_not_be_read_is_no_proof_of_damage()
    {
        await using var site = await BackupSite.StartAsync(services: services =>
        {
            VerificationSite.Idle(services);
            FaultyStore.Around(services);
        });
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        await DoubtAsync(site);
        site.Host.Services.GetRequiredService<FaultPlan>().FailNext(nameof(IArchiveStore.OpenReadAsync), Moment.Before);
        await site.VerifyAllAsync();
        Assert.Equal(VerificationState.Pending, (await site.RowAsync(backup))!.Verification);
        var waiting = Assert.Single(await site.ResultsAsync());
        Assert.Equal(VerificationRunState.Waiting, waiting.State);
        Assert.Contains("tried again", waiting.Message, StringComparison.Ordinal);
    }

    /// <summary>As after a rebuild of the catalog: nobody has looked at the stored bytes.</summary>
    private static async Task DoubtAsync(BackupSite site)
    {
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set
            .SetProperty(b => b.Verification, VerificationState.Pending)
            .SetProperty(b => b.Verified, (DateTimeOffset?)null)));
        site.Host.Services.GetRequiredService<VerificationHint>().Wake();
    }

    private static Task EndsAsync(BackupSite site, Guid backup, VerificationState state) =>
        BackupSite.EventuallyAsync(async () => (await site.RowAsync(backup))!.Verification == state, state.ToString());
}
