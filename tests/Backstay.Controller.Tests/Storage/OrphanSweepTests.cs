using Backstay.Controller.Storage;
using Backstay.Controller.Tests.Backups;
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
        var failed = await site.FailBackupAsync(agent);
        var (done, archive) = await site.MakeBackupAsync(agent);
        var running = await site.StartBackupAsync(agent);
        await agent.OpenAsync(running);
        await agent.OpenAsync(running);

        var (unknown, newer) = (new ArchiveKey(Guid.NewGuid(), 1), new ArchiveKey(failed, 3));
        ArchiveKey[] orphans = [new(running, 1), new(done, 2), new(Guid.NewGuid(), 1)];
        foreach (var key in orphans)
            await store.BeginAsync(key, Never);
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
        var failed = await site.FailBackupAsync(await site.AddOnlineAsync());
        await store.BeginAsync(new ArchiveKey(failed, 1), Never);
        site.Host.Services.GetRequiredService<FaultPlan>().FailNext(nameof(IArchiveStore.ListAsync), Moment.Before);
        await Assert.ThrowsAsync<ArchiveStoreException>(() => SweepLaterAsync(site));
        site.Host.Services.GetRequiredService<BrokenOnDemand>().Broken = true;
        await Assert.ThrowsAnyAsync<Exception>(() => SweepLaterAsync(site));
        Assert.Single(await KeysAsync(store));
        site.Host.Services.GetRequiredService<BrokenOnDemand>().Broken = false;
        await SweepLaterAsync(site);
        Assert.Empty(await KeysAsync(store));
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
