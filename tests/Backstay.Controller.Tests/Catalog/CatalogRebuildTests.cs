using System.Net;
using System.Security.Cryptography;
using System.Text;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
using Backstay.Controller.Verification;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Catalog;

/// <summary>The catalog is gone, or older than the store; the store says what there is.</summary>
public sealed class CatalogRebuildTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task From_the_store_alone_every_archive_is_listed_and_downloaded_and_verified_again()
    {
        await using var site = await BackupSite.StartAsync();
        var (first, second) = (await site.AddOnlineAsync("gw-1", ["north"]), await site.AddOnlineAsync("gw-2"));
        var made = new[]
        {
            (Agent: first, Made: await site.MakeBackupAsync(first)),
            (Agent: first, Made: await site.MakeBackupAsync(first)),
            (Agent: second, Made: await site.MakeBackupAsync(second)),
        };
        await site.FailBackupAsync(second);
        var before = await RowsAsync(site);
        await LoseCatalogAsync(site);

        var (report, problems) = await RebuildAsync(site);

        Assert.Empty(problems);
        Assert.Equal((3, 3, 0, 2), (report.Archives, report.Added, report.Known, report.Appliances));
        foreach (var (agent, (backup, archive)) in made)
            Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, backup)));
        var appliance = await site.Host.CatalogAsync(catalog => catalog.Appliances.SingleAsync(a => a.Name == "gw-1"));
        Assert.Equal((first.ApplianceId, false, "north"), (appliance.Id, appliance.Activated, string.Join(' ', appliance.Tags)));
        site.Host.Services.GetRequiredService<VerificationHint>().Wake();
        await BackupSite.EventuallyAsync(
            () => site.Host.CatalogAsync(catalog => catalog.Backups.AllAsync(b => b.Verification == VerificationState.Verified)), "verified");
        Assert.Equal(before, await RowsAsync(site));
    }

    [Fact]
    public async Task Rebuilding_again_or_on_a_full_catalog_changes_nothing()
    {
        await using var site = await BackupSite.StartAsync();
        var agent = await site.AddOnlineAsync();
        await site.MakeBackupAsync(agent);
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set.SetProperty(b => b.RequestedBy, "somebody else")));

        var (report, problems) = await RebuildAsync(site);

        Assert.Empty(problems);
        Assert.Equal((1, 0, 1, 0), (report.Archives, report.Added, report.Known, report.Appliances));
        Assert.Equal("somebody else", (await site.Host.CatalogAsync(catalog => catalog.Backups.SingleAsync())).RequestedBy);
    }

    [Fact]
    public async Task What_does_not_fit_together_is_named_and_left_alone()
    {
        await using var site = await BackupSite.StartAsync();
        var store = site.Host.Services.GetRequiredService<IArchiveStore>();
        var agent = await site.AddOnlineAsync();
        ArchiveKey[] keys = [await KeyAsync(), await KeyAsync(), await KeyAsync(), await KeyAsync(), await KeyAsync()];
        var good = keys[4];
        var borrowed = (await store.ReadSidecarAsync(good, Never))!;
        await LoseCatalogAsync(site);
        var (noSidecar, noObject, damaged, foreign) = (new ArchiveKey(Guid.NewGuid(), 1), new ArchiveKey(Guid.NewGuid(), 1), keys[2], keys[3]);
        await store.BeginAsync(noSidecar, Never);
        var tag = await store.WritePartAsync(noSidecar, new PartSlot(1, 0, 3), new MemoryStream([1, 2, 3]), Never);
        await store.FinishAsync(noSidecar, [new StoredPart(1, 3, tag)], Never);
        await store.WriteSidecarAsync(noObject, borrowed, Never);
        await store.WriteSidecarAsync(damaged, "{ not json"u8.ToArray(), Never);
        await store.WriteSidecarAsync(foreign, borrowed, Never);
        await store.WriteSidecarAsync(keys[0], "{\"format\": 99}"u8.ToArray(), Never);
        await store.WriteSidecarAsync(keys[1], Encoding.UTF8.GetBytes(Encoding.UTF8.GetString((await store.ReadSidecarAsync(keys[1], Never))!)
            .Replace("\"size\": 10000", "\"size\": 10001", StringComparison.Ordinal)), Never);
        var stored = await site.Host.StoredAsync();

        var (report, problems) = await RebuildAsync(site);

        Assert.Equal((1, 6), (report.Added, report.Problems));
        foreach (var (key, word) in new[]
        {
            (noSidecar, "no sidecar"), (noObject, "no archive"), (damaged, "can't be read"), (foreign, $"sidecar of {good}"), (keys[0], "99"), (keys[1], "10001"),
        })
        {
            Assert.Contains(problems, problem => problem.StartsWith(key.ToString(), StringComparison.Ordinal) && problem.Contains(word, StringComparison.Ordinal));
        }

        Assert.Equivalent(stored, await site.Host.StoredAsync(), strict: true);

        async Task<ArchiveKey> KeyAsync() => new((await site.MakeBackupAsync(agent)).Backup, 1);
    }

    [Fact]
    public async Task An_archive_that_the_catalog_lists_and_the_store_lacks_is_named()
    {
        await using var site = await BackupSite.StartAsync();
        var (backup, _) = await site.MakeBackupAsync(await site.AddOnlineAsync());
        await site.Host.Services.GetRequiredService<IArchiveStore>().DeleteAsync(new ArchiveKey(backup, 1), Never);

        var (_, problems) = await RebuildAsync(site);

        Assert.Contains(backup.ToString(), Assert.Single(problems), StringComparison.Ordinal);
        Assert.NotNull(await site.RowAsync(backup));
    }

    [Fact]
    public async Task No_sweep_takes_an_archive_because_the_catalog_is_empty_or_older_than_it()
    {
        await using var site = await BackupSite.StartAsync();
        var (first, second) = (await site.AddOnlineAsync("gw-1"), await site.AddOnlineAsync("gw-2"));
        var (lost, lostArchive) = await site.MakeBackupAsync(first);

        // As a copy of the catalog has it, that was made while this backup ran.
        var (older, olderArchive) = await site.MakeBackupAsync(second);
        await LoseCatalogAsync(site, appliances: false);
        var now = TimeProvider.System.GetUtcNow();
        await site.Host.CatalogAsync(async catalog =>
        {
            catalog.Backups.Add(new BackupEntity
            {
                Id = older,
                ApplianceId = second.ApplianceId,
                State = BackupState.Failed,
                Reason = FailureReason.AgentLost,
                Logs = false,
                Audit = false,
                RequestedBy = "test",
                Created = now.AddHours(-3),
                Ended = now.AddHours(-2),
                LeaseUntil = now.AddHours(-2),
                Deadline = now,
                Attempt = 0,
                Envelope = [],
            });
            await catalog.SaveChangesAsync();
        });

        await SweepLaterAsync(site);

        var stored = await site.Host.StoredAsync();
        Assert.Contains($"{lost}.1.gpg", stored);
        Assert.Contains($"{lost}.1.json", stored);
        Assert.Contains($"{older}.1.gpg", stored);
        await RebuildAsync(site);
        Assert.Equal(lostArchive, await site.Admin.GetByteArrayAsync(BackupSite.Path(first, lost)));
        Assert.NotEmpty(olderArchive);
    }

    [Fact]
    public async Task A_backup_that_an_older_catalog_takes_for_unfinished_is_a_success_when_its_archive_is_whole()
    {
        await using var site = await BackupSite.StartAsync();
        var (first, second) = (await site.AddOnlineAsync(), await site.AddOnlineAsync());
        var (swept, sweptArchive) = await site.MakeBackupAsync(first);
        var (rebuilt, rebuiltArchive) = await site.MakeBackupAsync(second);
        var past = TimeProvider.System.GetUtcNow().AddHours(-1);
        await site.Host.CatalogAsync(catalog => catalog.Backups.ExecuteUpdateAsync(set => set
            .SetProperty(b => b.State, BackupState.Running)
            .SetProperty(b => b.Sha256, (byte[]?)null)
            .SetProperty(b => b.Size, (long?)null)
            .SetProperty(b => b.Ended, (DateTimeOffset?)null)
            .SetProperty(b => b.Verification, (VerificationState?)null)
            .SetProperty(b => b.LeaseUntil, past)
            .SetProperty(b => b.Attempt, b => b.Id == rebuilt ? 0 : 1)
            .SetProperty(b => b.Deadline, b => b.Id == swept ? past : b.Deadline)));

        // Its deadline is over, so the sweep of the controller ends it; the other one's lease will be judged in a minute.
        await BackupSite.EventuallyAsync(async () => (await site.RowAsync(swept))!.State >= BackupState.Succeeded, "the sweep ends it");
        var (report, problems) = await RebuildAsync(site);

        Assert.Empty(problems);
        Assert.Equal((1, 1), (report.Added, report.Known));
        Assert.Equal(BackupState.Succeeded, (await site.RowAsync(swept))!.State);
        Assert.Equal(rebuiltArchive, await site.Admin.GetByteArrayAsync(BackupSite.Path(second, rebuilt)));
        Assert.Equal(sweptArchive, await site.Admin.GetByteArrayAsync(BackupSite.Path(first, swept)));
    }

    [Fact]
    public async Task A_sidecar_of_the_first_format_still_makes_a_row()
    {
        await using var site = await BackupSite.StartAsync();
        var store = site.Host.Services.GetRequiredService<IArchiveStore>();
        var key = new ArchiveKey(Guid.Parse("0193a4f0-1111-7222-8333-444444444444"), 2);
        byte[] archive = [1, 2, 3];
        await store.BeginAsync(key, Never);
        var tag = await store.WritePartAsync(key, new PartSlot(1, 0, 3), new MemoryStream(archive), Never);
        await store.FinishAsync(key, [new StoredPart(1, 3, tag)], Never);
        await store.WriteSidecarAsync(
            key,
            Encoding.UTF8.GetBytes(
                $$"""
                {
                  "format": 1, "backupId": "{{key.BackupId}}", "attempt": 2, "applianceId": "0193a4f0-aaaa-7222-8333-444444444444",
                  "applianceName": "gw-01", "logs": true, "audit": false, "requestedBy": "admin",
                  "created": "2026-11-20T10:00:00+00:00", "started": "2026-11-20T10:00:01+00:00", "completed": "2026-11-20T10:05:00+00:00",
                  "agentVersion": "0.1.0", "parts": 1, "size": 3, "sha256": "{{Convert.ToHexStringLower(SHA256.HashData(archive))}}",
                  "summary": { "sections": [ { "name": "config", "files": 3, "bytes": 300, "warnings": 1 } ], "files": 3, "bytes": 300, "warnings": 1, "firstWarnings": [ "x" ] }
                }
                """),
            Never);

        var (report, problems) = await RebuildAsync(site);

        Assert.Empty(problems);
        Assert.Equal((1, 1), (report.Added, report.Appliances));
        var row = (await site.RowAsync(key.BackupId))!;
        Assert.Equal((BackupState.Succeeded, 2, true, "admin", 1L, 3L), (row.State, row.Attempt, row.Logs, row.RequestedBy, row.Warnings, row.Size));
        using var download = await site.Admin.GetAsync($"/admin/appliances/{row.ApplianceId}/backup/{row.Id}");
        Assert.Equal(HttpStatusCode.OK, download.StatusCode);
    }

    private static async Task<(RebuildReport Report, List<string> Problems)> RebuildAsync(BackupSite site)
    {
        await using var scope = site.Host.Services.CreateAsyncScope();
        var problems = new List<string>();
        var rebuild = ActivatorUtilities.CreateInstance<CatalogRebuild>(scope.ServiceProvider);
        var report = await rebuild.RunAsync(problems.Add, (_, _) => { }, Never);
        return (report, problems);
    }

    /// <summary>All that a restored row must have as it was.</summary>
    private static Task<List<string>> RowsAsync(BackupSite site) => site.Host.CatalogAsync(async catalog =>
        (await catalog.Backups.AsNoTracking().Where(b => b.State == BackupState.Succeeded).OrderBy(b => b.Id).ToListAsync())
            .ConvertAll(b => $"{b.Id} {b.ApplianceId} {b.Attempt} {b.Created:O} {b.Started:O} {b.Ended:O} {b.Size} {b.Parts} "
                + $"{Convert.ToHexString(b.Sha256!)} {b.RequestedBy} {b.AgentVersion} {b.Message} {b.Summary} {b.ArchiveFiles} {b.Warnings} {b.Keys}"));

    private static Task LoseCatalogAsync(BackupSite site, bool appliances = true) => site.Host.CatalogAsync(async catalog =>
    {
        await catalog.Backups.ExecuteDeleteAsync();
        if (appliances)
            await catalog.Appliances.ExecuteDeleteAsync();
    });

    private static Task SweepLaterAsync(BackupSite site) => ActivatorUtilities
        .CreateInstance<OrphanSweep>(
            site.Host.Services,
            new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(2)))
        .SweepAsync(Never);
}
