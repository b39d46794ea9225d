using System.Security.Cryptography;
using Backstay.Controller.Storage;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Storage;

/// <summary>What a copy has and its store has not: in a folder, and in a bucket.</summary>
public sealed class ExtraneousArchivesTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly HashSet<Guid> NothingListed = [];

    private readonly string _root = Directory.CreateTempSubdirectory("backstay-store-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private FolderArchiveStore _folder = null!;
    private S3ArchiveStore _bucket = null!;

    public async ValueTask InitializeAsync()
    {
        _folder = new(Options.Create(new FolderStoreOptions { Folder = Path.Combine(_root, "store"), MinimumFreeSpace = 0 }));
        _bucket = new S3ArchiveStore(new S3Connection(await CephBucket.MakeAsync()), TimeProvider.System);
    }

    public ValueTask DisposeAsync()
    {
        _bucket.Dispose();
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_store_lacks_is_named_and_deleted_only_when_asked(bool inBucket)
    {
        var (store, copy) = Stores(inBucket);
        var both = await AddAsync(copy);
        await AddAsync(store, both);
        var gone = await AddAsync(copy);
        await copy.BeginAsync(new ArchiveKey(Guid.NewGuid(), 1), Never); // unfinished: nobody's archive

        var found = Assert.Single(await RunAsync(store, copy, listed: null));
        Assert.Equal((gone, ExtraneousOutcome.Found), (found.Archive.Key, found.Outcome));
        Assert.NotNull(await copy.GetLengthAsync(gone, Never));

        Assert.Equal(ExtraneousOutcome.Deleted, Assert.Single(await RunAsync(store, copy, NothingListed)).Outcome);
        Assert.Null(await copy.GetLengthAsync(gone, Never));
        Assert.Null(await copy.ReadSidecarAsync(gone, Never));
        Assert.NotNull(await copy.GetLengthAsync(both, Never));
        Assert.Empty(await RunAsync(store, copy, NothingListed));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_held_or_locked_or_listed_or_nobody_vouches_for_is_kept(bool inBucket)
    {
        var (store, copy) = Stores(inBucket);
        var held = await AddAsync(copy, protection: new SidecarProtection(1, "anna", "case", _time.GetUtcNow()));
        var locked = await AddAsync(copy, protection: new SidecarProtection(1, LockedUntil: _time.GetUtcNow().AddDays(1), LockedBy: "anna"));
        var listed = await AddAsync(copy);
        var bare = await AddAsync(copy, sidecar: false);
        var garbled = await AddAsync(copy);
        await copy.WriteSidecarAsync(garbled, "{}"u8.ToArray(), Never);

        var items = (await RunAsync(store, copy, new HashSet<Guid> { listed.BackupId })).ToDictionary(item => item.Archive.Key);

        Assert.All(items.Values, item => Assert.Equal(ExtraneousOutcome.Kept, item.Outcome));
        Assert.Contains("held by anna", items[held].Reason!, StringComparison.Ordinal);
        Assert.Contains("locked until 2030-01-02T00:00:00Z", items[locked].Reason!, StringComparison.Ordinal);
        Assert.Contains("catalog lists", items[listed].Reason!, StringComparison.Ordinal);
        Assert.Contains("no sidecar", items[bare].Reason!, StringComparison.Ordinal);
        Assert.Contains("can't be read", items[garbled].Reason!, StringComparison.Ordinal);
        foreach (var key in items.Keys)
            Assert.NotNull(await copy.GetLengthAsync(key, Never));

        _time.Advance(TimeSpan.FromDays(1)); // the lock is over
        Assert.Equal(locked, Assert.Single(await RunAsync(store, copy, new HashSet<Guid> { listed.BackupId }), i => i.Outcome == ExtraneousOutcome.Deleted).Archive.Key);
    }

    [Theory]
    [InlineData(true, Moment.Before)]
    [InlineData(true, Moment.After)]
    [InlineData(false, Moment.Before)]
    [InlineData(false, Moment.After)]
    public async Task Nothing_is_deleted_when_either_list_fails(bool storeFails, Moment moment)
    {
        var key = await AddAsync(_bucket);
        FaultPlan plan = new();
        plan.FailNext(nameof(IArchiveStore.ListAsync), moment);
        IArchiveStore store = storeFails ? new FaultyStore(_folder, plan) : _folder;
        IArchiveStore copy = storeFails ? _bucket : new FaultyStore(_bucket, plan);

        await Assert.ThrowsAsync<ArchiveStoreException>(() => RunAsync(store, copy, NothingListed));
        Assert.NotNull(await _bucket.GetLengthAsync(key, Never));
    }

    private (IArchiveStore Store, IArchiveStore Copy) Stores(bool inBucket) => inBucket ? (_folder, _bucket) : (_bucket, _folder);

    private async Task<List<ExtraneousArchive>> RunAsync(IArchiveStore store, IArchiveStore copy, IReadOnlySet<Guid>? listed)
    {
        List<ExtraneousArchive> items = [];
        await foreach (var item in new ExtraneousArchives(store, copy, listed, _time).RunAsync(Never))
            items.Add(item);
        return items;
    }

    private async Task<ArchiveKey> AddAsync(
        IArchiveStore store, ArchiveKey? name = null, SidecarProtection? protection = null, bool sidecar = true)
    {
        var key = name ?? new ArchiveKey(Guid.NewGuid(), 1);
        byte[] archive = [1, 2, 3];
        await store.BeginAsync(key, Never);
        var tag = await store.WritePartAsync(key, new PartSlot(1, 0, 3), new MemoryStream(archive), Never);
        await store.FinishAsync(key, [new StoredPart(1, 3, tag)], Never);
        if (sidecar)
        {
            var now = _time.GetUtcNow();
            var json = new ArchiveSidecar(
                1, key.BackupId, key.Attempt, Guid.NewGuid(), "gw", false, false, "test", now, now, now, "1.0", 1, 3,
                Convert.ToHexStringLower(SHA256.HashData(archive)), new UploadSummary([], 0, 0, 0, []), Protection: protection).ToJson();
            await store.WriteSidecarAsync(key, json, Never);
        }

        return key;
    }
}
