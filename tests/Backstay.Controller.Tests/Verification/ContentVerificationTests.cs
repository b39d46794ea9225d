using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Tests.Storage;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Verification;

public sealed class ContentVerificationTests
{
    [Fact]
    public async Task A_good_archive_passes_and_the_result_says_what_was_compared_and_how_fast()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeRealBackupAsync(agent);
        var asked = await site.AskAsync(agent, backup, "content");
        Assert.Equal(VerificationRunState.Waiting, (await site.ReadAsync(asked)).State);

        await site.VerifyAllAsync();

        var found = await site.ReadAsync(asked);
        Assert.Equal((VerificationRunState.Passed, archive.Length, 2L), (found.State, found.Bytes, found.Files));
        Assert.True(found is { Seconds: > 0, BytesPerSecond: > 0 });
        Assert.StartsWith("controller ", found.By, StringComparison.Ordinal);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((VerificationState.Verified, found.Ended, found.Ended), (row.Verification, row.Verified, row.ContentVerified));
    }

    [Fact]
    public async Task An_archive_that_the_controller_has_no_key_for_is_not_called_damaged_and_the_result_says_what_to_do()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeRealBackupAsync(agent, passphrase: "of somebody else altogether");
        var asked = await site.AskAsync(agent, backup, "content");

        await site.VerifyAllAsync();

        var found = await site.ReadAsync(asked);
        Assert.Equal(VerificationRunState.Impossible, found.State);
        Assert.Contains("--secret-key", found.Message, StringComparison.Ordinal);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((VerificationState.Verified, null), (row.Verification, row.ContentVerified));
    }

    [Fact]
    public async Task An_archive_without_a_key_for_it_is_damaged_all_the_same_when_its_bytes_are_others()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeRealBackupAsync(agent, passphrase: "of somebody else altogether");
        archive[^1] ^= 1;
        await site.Host.ReplaceAsync(new ArchiveKey(backup, 1), archive);
        var asked = await site.AskAsync(agent, backup, "content");

        await site.VerifyAllAsync();

        Assert.Equal(VerificationRunState.Failed, (await site.ReadAsync(asked)).State);
    }

    [Fact]
    public async Task What_was_sealed_badly_is_found_though_its_bytes_are_those_that_were_sent_and_a_digest_does_not_clear_it()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeBackupAsync(agent); // noise
        var asked = await site.AskAsync(agent, backup, "content");
        await site.VerifyAllAsync();
        Assert.Equal(VerificationRunState.Failed, (await site.ReadAsync(asked)).State);

        var digest = await site.AskAsync(agent, backup, "digest");
        await site.VerifyAllAsync();

        Assert.Equal(VerificationRunState.Passed, (await site.ReadAsync(digest)).State);
        Assert.Equal(VerificationState.Damaged, (await site.RowAsync(backup))!.Verification);
    }

    [Fact]
    public async Task Damage_is_over_when_what_found_it_finds_the_archive_whole_again()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeRealBackupAsync(agent);
        var broken = (byte[])archive.Clone();
        broken[^40] ^= 8;
        await site.Host.ReplaceAsync(new ArchiveKey(backup, 1), broken);
        await site.AskAsync(agent, backup, "digest");
        await site.VerifyAllAsync();
        Assert.Equal(VerificationState.Damaged, (await site.RowAsync(backup))!.Verification);

        await site.Host.ReplaceAsync(new ArchiveKey(backup, 1), archive);
        await site.AskAsync(agent, backup, "content");
        await site.VerifyAllAsync();

        var row = (await site.RowAsync(backup))!;
        Assert.Equal((VerificationState.Verified, null), (row.Verification, row.DamageFoundBy));
    }

    [Fact]
    public async Task A_store_that_stops_in_the_middle_is_no_proof_of_damage()
    {
        await using var site = await BackupSite.StartAsync(services: services =>
        {
            VerificationSite.Idle(services);
            FaultyStore.Around(services);
        });
        var agent = await site.AddOnlineAsync();
        var (backup, _) = await site.MakeRealBackupAsync(agent);
        site.Host.Services.GetRequiredService<FaultPlan>().FailNext(nameof(IArchiveStore.OpenReadAsync), Moment.Before);
        var asked = await site.AskAsync(agent, backup, "content");

        await site.VerifyAllAsync();

        Assert.Equal(VerificationRunState.Waiting, (await site.ReadAsync(asked)).State);
        Assert.Equal(VerificationState.Verified, (await site.RowAsync(backup))!.Verification);
    }
}
