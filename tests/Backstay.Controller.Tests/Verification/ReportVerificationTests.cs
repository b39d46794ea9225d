using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Tests.Verification;

/// <summary>Contents that were proven where the key is.</summary>
public sealed class ReportVerificationTests
{
    [Fact]
    public async Task A_pass_is_kept_with_who_when_and_how_fast_and_is_the_proof_of_the_content()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync("gw-01");
        var (backup, archive) = await MakeAsync(site, agent);
        var before = (await site.RowAsync(backup))!;

        using var answer = await ReportAsync(site, agent, backup, new(VerificationRunState.Passed, HashOf(archive), 2, 7, "All\u001b[31m right."));

        var kept = await answer.AssertOkAsync(AdminJson.Default.VerificationRecord);
        Assert.Equal($"/admin/verifications/{kept.Id}", answer.Headers.Location?.ToString());
        Assert.Equal(kept, await site.ReadAsync(kept.Id));
        Assert.Equal(
            (VerificationStrength.Content, VerificationRunState.Passed, $"user {kept.RequestedBy}", archive.Length, 7L, "All [31m right."),
            (kept.Strength, kept.State, kept.By, kept.Bytes, kept.Files, kept.Message));
        Assert.Equal((2, archive.Length / 2), (kept.Seconds!.Value, kept.BytesPerSecond));
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((kept.Ended, before.Verified, VerificationState.Verified), (row.ContentVerified, row.Verified, row.Verification));
        var line = Assert.Single(await site.Host.CatalogAsync(catalog => catalog.AuditLog.Where(a => a.Action == "backup.verify" && a.Target == "gw-01").ToListAsync()));
        Assert.Equal(kept.RequestedBy, line.Actor);
    }

    [Fact]
    public async Task A_failure_is_told_of_and_has_the_stored_bytes_looked_at_but_does_not_condemn_the_backup()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await MakeAsync(site, agent);

        using var answer = await ReportAsync(site, agent, backup, new(VerificationRunState.Failed, HashOf(archive), 2, Message: "etc/one has another SHA-256."));

        Assert.Equal(VerificationRunState.Failed, (await answer.AssertOkAsync(AdminJson.Default.VerificationRecord)).State);
        var told = Assert.Single(await site.Host.CatalogAsync(catalog => catalog.Events.ToListAsync()));
        Assert.Equal((EventKind.VerificationFailed, backup), (told.Kind, told.BackupId!.Value));
        Assert.Contains("etc/one has another SHA-256.", told.Message, StringComparison.Ordinal);
        Assert.Equal(VerificationRunState.Waiting, Assert.Single(await site.ResultsAsync(VerificationStrength.Digest)).State);
        await site.VerifyAllAsync();
        Assert.Equal(VerificationRunState.Passed, Assert.Single(await site.ResultsAsync(VerificationStrength.Digest)).State);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((VerificationState.Verified, null), (row.Verification, row.ContentVerified));
    }

    [Fact]
    public async Task A_failure_condemns_the_backup_once_the_controller_sees_that_its_bytes_are_others()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await MakeAsync(site, agent);
        var digest = HashOf(archive);
        await DamageAsync(site, backup, archive);

        using var answer = await ReportAsync(site, agent, backup, new(VerificationRunState.Failed, digest, 2, Message: "Damaged."));
        Assert.Equal(VerificationState.Verified, (await site.RowAsync(backup))!.Verification);

        await site.VerifyAllAsync();
        Assert.Equal(VerificationState.Damaged, (await site.RowAsync(backup))!.Verification);
    }

    [Fact]
    public async Task A_pass_takes_no_damage_back()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await MakeAsync(site, agent);
        var digest = HashOf(archive);
        await DamageAsync(site, backup, archive);
        await site.AskAsync(agent, backup, "digest");
        await site.VerifyAllAsync();

        using var answer = await ReportAsync(site, agent, backup, new(VerificationRunState.Passed, digest, 2, 7));

        await answer.AssertOkAsync(AdminJson.Default.VerificationRecord);
        var row = (await site.RowAsync(backup))!;
        Assert.Equal((VerificationState.Damaged, null), (row.Verification, row.ContentVerified));
    }

    [Fact]
    public async Task What_is_no_result_of_this_archive_is_refused()
    {
        await using var site = await BackupSite.StartAsync(services: VerificationSite.Idle);
        var agent = await site.AddOnlineAsync(tags: ["north"]);
        var (backup, archive) = await MakeAsync(site, agent);
        var (good, digest) = (VerificationRunState.Passed, HashOf(archive));
        foreach (var wrong in (VerificationReport[])
        [
            new(good, HashOf([1]), 2),
            new(good, null, 2),
            new(good, digest, null),
            new(good, digest, -1),
            new(good, digest, 2, -1),
            new(null, digest, 2),
            new(VerificationRunState.Impossible, digest, 2),
            new(good, digest, 2, 1, new string('x', 1001)),
        ])
        {
            using var refused = await ReportAsync(site, agent, backup, wrong);
            await refused.AssertRefusedAsync(HttpStatusCode.UnprocessableEntity, ErrorIds.UnprocessableEntity);
        }

        var failed = await site.FailBackupAsync(agent);
        using var gone = await ReportAsync(site, agent, failed, new(good, digest, 2));
        await gone.AssertRefusedAsync(HttpStatusCode.Gone, ErrorIds.Gone);
        using var south = await site.Host.SignInAsync(new Privilege(PrivilegeType.Backup, PrivilegeTarget.Appliance, new PrivilegeScope(false, Tags: ["south"])));
        using var forbidden = await ReportAsync(site, agent, backup, new(good, digest, 2), south);
        await forbidden.AssertRefusedAsync(HttpStatusCode.Forbidden, ErrorIds.Forbidden);
        Assert.Empty(await site.ResultsAsync());
    }

    /// <summary>Sealed to a key that the controller doesn't have.</summary>
    private static Task<(Guid Backup, byte[] Archive)> MakeAsync(BackupSite site, RawAgent agent) =>
        site.MakeRealBackupAsync(agent, passphrase: "of somebody else altogether");

    private static Task DamageAsync(BackupSite site, Guid backup, byte[] archive)
    {
        archive[^1] ^= 1;
        return site.Host.ReplaceAsync(new ArchiveKey(backup, 1), archive);
    }

    private static string HashOf(byte[] archive) => Convert.ToHexStringLower(SHA256.HashData(archive));

    private static Task<HttpResponseMessage> ReportAsync(
        BackupSite site, RawAgent agent, Guid backup, VerificationReport report, HttpClient? client = null)
    {
        var body = JsonContent.Create(report, AdminJson.Default.VerificationReport);
        return (client ?? site.Admin).PostAsync($"{BackupSite.Path(agent, backup)}/verifications", body);
    }
}
