using System.Security.Cryptography;
using Backstay.Controller.Storage;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Storage;

/// <summary>From a folder to a bucket and back.</summary>
public sealed class StoreCopyTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly string _root = Directory.CreateTempSubdirectory("backstay-store-").FullName;
    private FolderArchiveStore _folder = null!;
    private S3ArchiveStore _bucket = null!;

    public async ValueTask InitializeAsync()
    {
        _folder = NewFolder("first");
        _bucket = new S3ArchiveStore(new S3Connection(await CephBucket.MakeAsync()), TimeProvider.System);
    }

    public ValueTask DisposeAsync()
    {
        _bucket.Dispose();
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Archives_of_any_size_and_their_sidecars_arrive_and_a_second_run_finds_them_there()
    {
        var (small, large) = (await AddAsync(_folder, 1), await AddAsync(_folder, (2 * 8 * 1024 * 1024) + 4711));
        await _folder.BeginAsync(new ArchiveKey(Guid.NewGuid(), 1), Never); // unfinished: nobody's archive
        Assert.All(await CopyAsync(_folder, _bucket), item => Assert.Equal(CopyOutcome.Copied, item.Outcome));
        Assert.Equal(2, await CountAsync(_bucket));
        Assert.All(await CopyAsync(_folder, _bucket), item => Assert.Equal(CopyOutcome.Present, item.Outcome));

        var back = NewFolder("second");
        Assert.All(await CopyAsync(_bucket, back), item => Assert.Equal(CopyOutcome.Copied, item.Outcome));
        foreach (var (key, archive) in new[] { small, large })
        {
            Assert.Equal(archive, await ReadAsync(back, key));
            Assert.Equal(await _folder.ReadSidecarAsync(key, Never), await back.ReadSidecarAsync(key, Never));
        }
    }

    [Fact]
    public async Task A_copy_that_was_interrupted_is_made_again()
    {
        var (key, archive) = await AddAsync(_folder, 9 * 1024 * 1024);
        FaultPlan plan = new();
        foreach (var call in (string[])[nameof(IArchiveStore.BeginAsync), nameof(IArchiveStore.FinishAsync), nameof(IArchiveStore.WriteSidecarAsync)])
        {
            foreach (var moment in Enum.GetValues<Moment>())
            {
                plan.FailNext(call, moment);
                Assert.Equal(CopyOutcome.Failed, Assert.Single(await CopyAsync(_folder, new FaultyStore(_bucket, plan))).Outcome);
            }
        }

        // The last fault had written the sidecar.
        Assert.Equal(CopyOutcome.Present, Assert.Single(await CopyAsync(_folder, _bucket)).Outcome);
        Assert.Equal(archive, await ReadAsync(_bucket, key));
    }

    [Theory]
    [InlineData(Moment.Before)]
    [InlineData(Moment.After)]
    public async Task A_part_that_a_store_drops_is_read_and_sent_again(Moment moment)
    {
        var (key, archive) = await AddAsync(_folder, (2 * 8 * 1024 * 1024) + 4711);
        FaultPlan plan = new();
        for (var i = 0; i < 3; i++)
            plan.FailNext(nameof(IArchiveStore.WritePartAsync), moment);
        plan.FailNext(nameof(IArchiveStore.OpenReadAsync), moment);

        var items = await PatientlyAsync(time => CopyAsync(new FaultyStore(_folder, plan), new FaultyStore(_bucket, plan), time: time));

        Assert.Equal(CopyOutcome.Copied, Assert.Single(items).Outcome);
        Assert.Equal(archive, await ReadAsync(_bucket, key));
    }

    [Fact]
    public async Task A_store_that_stays_away_fails_the_archive_and_one_that_is_full_does_so_at_once()
    {
        await AddAsync(_folder, 10_000);
        FaultPlan plan = new();
        for (var i = 0; i < 100; i++)
            plan.FailNext(nameof(IArchiveStore.WritePartAsync), Moment.Before);
        var items = await PatientlyAsync(time => CopyAsync(_folder, new FaultyStore(_bucket, plan), time: time));
        Assert.Equal(CopyOutcome.Failed, Assert.Single(items).Outcome);

        plan.Forget(nameof(IArchiveStore.WritePartAsync));
        plan.FailNext(nameof(IArchiveStore.WritePartAsync), Moment.Before, StoreFault.Full);
        Assert.Equal(CopyOutcome.Failed, Assert.Single(await CopyAsync(_folder, new FaultyStore(_bucket, plan), time: new FakeTimeProvider())).Outcome);
        Assert.Equal(CopyOutcome.Copied, Assert.Single(await CopyAsync(_folder, new FaultyStore(_bucket, plan))).Outcome);
    }

    [Fact]
    public async Task A_damaged_archive_is_not_copied_and_stays_where_it_is()
    {
        var (key, _) = await AddAsync(_folder, 10_000, damaged: true);
        var item = Assert.Single(await CopyAsync(_folder, _bucket, remove: true));
        Assert.Equal(CopyOutcome.Damaged, item.Outcome);
        Assert.Equal(0, await CountAsync(_bucket));
        Assert.NotNull(await _folder.GetLengthAsync(key, Never));
    }

    [Fact]
    public async Task An_archive_without_a_sidecar_is_copied_and_never_taken_away()
    {
        var (key, archive) = await AddAsync(_folder, 10_000, sidecar: false);
        Assert.Equal(CopyOutcome.WithoutSidecar, Assert.Single(await CopyAsync(_folder, _bucket, remove: true)).Outcome);
        Assert.Equal(archive, await ReadAsync(_bucket, key));
        Assert.NotNull(await _folder.GetLengthAsync(key, Never));
    }

    [Fact]
    public async Task What_the_other_store_vouches_for_is_not_touched()
    {
        var (key, _) = await AddAsync(_folder, 10_000);
        var (_, other) = await AddAsync(_bucket, 10_000, key: key);
        Assert.Equal(CopyOutcome.Failed, Assert.Single(await CopyAsync(_folder, _bucket, remove: true)).Outcome);
        Assert.Equal(other, await ReadAsync(_bucket, key));
        Assert.NotNull(await _folder.GetLengthAsync(key, Never));
    }

    [Fact]
    public async Task A_hold_placed_after_the_copy_is_taken_along_and_one_that_is_newer_there_stays()
    {
        var (key, _) = await AddAsync(_folder, 10_000);
        await CopyAsync(_folder, _bucket);
        var sidecar = ArchiveSidecar.FromJson((await _folder.ReadSidecarAsync(key, Never))!);
        var held = sidecar with { Protection = new SidecarProtection(1, "anna", "case", sidecar.Completed) };
        await _folder.WriteSidecarAsync(key, held.ToJson(), Never);

        Assert.Equal(CopyOutcome.Present, Assert.Single(await CopyAsync(_folder, _bucket)).Outcome);
        Assert.Equal(held.ToJson(), await _bucket.ReadSidecarAsync(key, Never));

        await _folder.WriteSidecarAsync(key, sidecar.ToJson(), Never);
        Assert.Equal(CopyOutcome.Present, Assert.Single(await CopyAsync(_folder, _bucket)).Outcome);
        Assert.Equal(held.ToJson(), await _bucket.ReadSidecarAsync(key, Never));
    }

    [Fact]
    public async Task The_source_is_removed_only_when_asked_and_only_when_the_copy_reads_back_the_same()
    {
        var (good, bad) = (await AddAsync(_folder, 10_000), await AddAsync(_folder, 20_000));
        await CopyAsync(_folder, _bucket);
        Assert.Equal(2, await CountAsync(_folder));

        // The copy is altered behind everybody's back; length and sidecar are as they were.
        var sidecar = await _bucket.ReadSidecarAsync(bad.Key, Never);
        await _bucket.DeleteAsync(bad.Key, Never);
        await PutAsync(_bucket, bad.Key, RandomNumberGenerator.GetBytes(20_000));
        await _bucket.WriteSidecarAsync(bad.Key, sidecar, Never);

        var items = await CopyAsync(_folder, _bucket, remove: true);
        Assert.Equal(CopyOutcome.Present, items.Single(item => item.Archive.Key == good.Key).Outcome);
        Assert.Equal(CopyOutcome.Damaged, items.Single(item => item.Archive.Key == bad.Key).Outcome);
        Assert.Null(await _folder.GetLengthAsync(good.Key, Never));
        Assert.NotNull(await _folder.GetLengthAsync(bad.Key, Never));
    }

    private FolderArchiveStore NewFolder(string name) =>
        new(Options.Create(new FolderStoreOptions { Folder = Path.Combine(_root, name), MinimumFreeSpace = 0 }));

    private static async Task<(ArchiveKey Key, byte[] Archive)> AddAsync(
        IArchiveStore store, int size, bool sidecar = true, bool damaged = false, ArchiveKey? key = null)
    {
        var archive = RandomNumberGenerator.GetBytes(size);
        var name = key ?? new ArchiveKey(Guid.NewGuid(), 1);
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(archive));
        if (damaged)
            archive[0] ^= 1;
        await PutAsync(store, name, archive);
        if (sidecar)
        {
            var now = TimeProvider.System.GetUtcNow();
            var json = new ArchiveSidecar(
                1, name.BackupId, name.Attempt, Guid.NewGuid(), "gw", false, false, "test", now, now, now, "1.0", 1, size, sha256,
                new UploadSummary([], 0, 0, 0, [])).ToJson();
            await store.WriteSidecarAsync(name, json, Never);
        }

        return (name, archive);
    }

    private static async Task PutAsync(IArchiveStore store, ArchiveKey key, byte[] archive)
    {
        await store.BeginAsync(key, Never);
        var tag = await store.WritePartAsync(key, new PartSlot(1, 0, archive.Length), new MemoryStream(archive), Never);
        await store.FinishAsync(key, [new StoredPart(1, archive.Length, tag)], Never);
    }

    private static async Task<List<CopiedArchive>> CopyAsync(IArchiveStore from, IArchiveStore to, bool remove = false, TimeProvider? time = null)
    {
        List<CopiedArchive> items = [];
        await foreach (var item in new StoreCopy(from, to, time ?? TimeProvider.System).RunAsync(remove, Never))
            items.Add(item);
        return items;
    }

    /// <summary>Lets the pauses of a copy pass.</summary>
    private static async Task<List<CopiedArchive>> PatientlyAsync(Func<TimeProvider, Task<List<CopiedArchive>>> copy)
    {
        var time = new FakeTimeProvider();
        var copying = copy(time);
        while (!copying.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(16));
            await Task.WhenAny(copying, Task.Delay(20));
        }

        return await copying;
    }

    private static async Task<int> CountAsync(IArchiveStore store)
    {
        var count = 0;
        await foreach (var item in store.ListAsync(Never))
            count += item.Finished ? 1 : 0;
        return count;
    }

    private static async Task<byte[]> ReadAsync(IArchiveStore store, ArchiveKey key)
    {
        await using var stream = await store.OpenReadAsync(key, 0, (await store.GetLengthAsync(key, Never))!.Value, Never);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }
}
