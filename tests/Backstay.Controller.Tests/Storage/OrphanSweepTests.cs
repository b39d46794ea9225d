using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Agents;
using Backstay.Controller.Tests.Backups;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Storage;

public sealed class OrphanSweepTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task Only_what_an_ended_attempt_left_is_swept_and_only_after_the_grace_period()
    {
        await using var site = await BackupSite.StartAsync();
        var store = site.Host.Services.GetRequiredService<IArchiveStore>();
        var agent = await site.AddOnlineAsync();
        var failed = await FailedAsync(site, agent, FailureReason.SourceFailed);
        var (done, archive) = await site.MakeBackupAsync(agent);
        var running = await site.StartBackupAsync(agent);
        await agent.OpenAsync(running);
        await site.Host.CatalogAsync(catalog => catalog.Backups.Where(b => b.Id == running).ExecuteUpdateAsync(set => set.SetProperty(b => b.Attempt, 2)));
        await store.BeginAsync(new ArchiveKey(running, 2), Never);

        var (unknown, newer) = (new ArchiveKey(Guid.NewGuid(), 1), new ArchiveKey(failed, 3));
        ArchiveKey[] orphans = [new(running, 1), new(done, 2), new(Guid.NewGuid(), 1)];
        foreach (var key in orphans)
            await store.BeginAsync(key, Never);
        await store.AbortAsync(new ArchiveKey(failed, 1), Never);
        await FinishedAsync(store, new ArchiveKey(failed, 1));
        await FinishedAsync(store, newer);
        await FinishedAsync(store, unknown);

        await SweepAsync(site);
        Assert.Equal(8, (await KeysAsync(store)).Count);

        await SweepLaterAsync(site);
        Assert.Equivalent(new[] { new ArchiveKey(running, 2), new(done, 1), unknown, newer }, await KeysAsync(store), strict: true);
        Assert.Equal(archive, await site.Admin.GetByteArrayAsync(BackupSite.Path(agent, done)));
    }

    [Fact]
    public async Task Nothing_is_removed_when_the_catalog_can_not_be_asked_or_the_listing_fails()
    {
        await using var site = await BackupSite.StartAsync(services: services =>
        {
            FaultyStore.Around(services);
            services.AddSingleton<BrokenOnDemand>().AddDbContextFaults();
        });
        var store = site.Host.Services.GetRequiredService<OpenedStore>().Store;
        await FailedAsync(site, await site.AddOnlineAsync(), FailureReason.SourceFailed);
        site.Host.Services.GetRequiredService<FaultPlan>().FailNext(nameof(IArchiveStore.ListAsync), Moment.Before);
        await Assert.ThrowsAsync<ArchiveStoreException>(() => SweepLaterAsync(site));
        site.Host.Services.GetRequiredService<BrokenOnDemand>().Broken = true;
        await Assert.ThrowsAnyAsync<Exception>(() => SweepLaterAsync(site));
        Assert.Single(await KeysAsync(store));
        site.Host.Services.GetRequiredService<BrokenOnDemand>().Broken = false;
        await SweepLaterAsync(site);
        Assert.Empty(await KeysAsync(store));
    }

    [Theory]
    [InlineData(FailureReason.AgentLost, true)]
    [InlineData(FailureReason.Cancelled, false)]
    public async Task A_whole_archive_of_a_backup_that_may_have_been_failed_without_a_look_stays(FailureReason reason, bool stays)
    {
        await using var site = await BackupSite.StartAsync();
        var store = site.Host.Services.GetRequiredService<IArchiveStore>();
        var agent = await site.AddOnlineAsync();
        var (backup, archive) = await site.MakeBackupAsync(agent);
        await site.Host.CatalogAsync(catalog => catalog.Backups.Where(b => b.Id == backup)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.State, BackupState.Failed).SetProperty(b => b.Reason, reason)));
        await SweepLaterAsync(site);
        Assert.Equal(stays ? archive.Length : null, await store.GetLengthAsync(new ArchiveKey(backup, 1), Never));

        // It goes with its row.
        using (var deleted = await site.Admin.DeleteAsync(BackupSite.Path(agent, backup)))
            Assert.Equal(System.Net.HttpStatusCode.Accepted, deleted.StatusCode);
        await BackupSite.EventuallyAsync(async () => (await KeysAsync(store)).Count == 0, "gone");
    }

    [Fact]
    public async Task A_sidecar_without_an_archive_goes_when_its_row_says_so_and_its_grace_period_is_over()
    {
        await using var site = await BackupSite.StartAsync();
        var store = site.Host.Services.GetRequiredService<IArchiveStore>();
        var agent = await site.AddOnlineAsync();
        var failed = await FailedAsync(site, agent, FailureReason.SourceFailed);
        await store.AbortAsync(new ArchiveKey(failed, 1), Never);
        var (done, _) = await site.MakeBackupAsync(agent);
        await site.Host.CatalogAsync(catalog => catalog.Backups.Where(b => b.Id == done).ExecuteUpdateAsync(set => set.SetProperty(b => b.Attempt, 2)));
        var running = await site.StartBackupAsync(agent);
        await agent.OpenAsync(running);

        // Of the older attempt of the good one only the sidecar is left; the archive of the one in force is for somebody to look after.
        var json = await store.ReadSidecarAsync(new ArchiveKey(done, 1), Never);
        await store.DeleteAsync(new ArchiveKey(done, 1), Never);
        ArchiveKey[] orphans = [new(failed, 1), new(done, 1)];
        ArchiveKey[] kept = [new(failed, 2), new(done, 2), new(running, 1), new(Guid.NewGuid(), 1)];
        foreach (var key in orphans.Concat(kept))
            await store.WriteSidecarAsync(key, json, Never);

        await SweepAsync(site);
        Assert.Equivalent(orphans.Concat(kept), await SidecarsAsync(store), strict: true);
        await SweepLaterAsync(site);
        Assert.Equivalent(kept, await SidecarsAsync(store), strict: true);
    }

    private static async Task<List<ArchiveKey>> SidecarsAsync(IArchiveStore store)
    {
        List<ArchiveKey> keys = [];
        await foreach (var key in store.ListSidecarsAsync(Never))
            keys.Add(key);
        return keys;
    }

    /// <summary>A backup that failed behind the controller's back: nothing of it was thrown away.</summary>
    private static async Task<Guid> FailedAsync(BackupSite site, RawAgent agent, FailureReason reason)
    {
        var backup = await site.StartBackupAsync(agent);
        await agent.OpenAsync(backup);
        await site.Host.CatalogAsync(catalog => catalog.Backups.Where(b => b.Id == backup)
            .ExecuteUpdateAsync(set => set
                .SetProperty(b => b.State, BackupState.Failed).SetProperty(b => b.Reason, reason).SetProperty(b => b.Ended, TimeProvider.System.GetUtcNow())));
        return backup;
    }

    private static async Task FinishedAsync(IArchiveStore store, ArchiveKey key)
    {
        await store.BeginAsync(key, Never);
        var tag = await store.WritePartAsync(key, new PartSlot(1, 0, 3), new MemoryStream([1, 2, 3]), Never);
        await store.FinishAsync(key, [new StoredPart(1, 3, tag)], Never);
    }

    private static async Task<List<ArchiveKey>> KeysAsync(IArchiveStore store)
    {
        List<ArchiveKey> keys = [];
        await foreach (var item in store.ListAsync(Never))
            keys.Add(item.Key);
        return keys;
    }

    private static Task SweepAsync(BackupSite site) => SweepAsync(site, TimeProvider.System);

    /// <summary>When the grace period is over.</summary>
    private static Task SweepLaterAsync(BackupSite site) =>
        SweepAsync(site, new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddHours(2)));

    private static async Task SweepAsync(BackupSite site, TimeProvider time)
    {
        using var sweep = ActivatorUtilities.CreateInstance<OrphanSweep>(site.Host.Services, time);
        await sweep.SweepAsync(Never);
    }
}
