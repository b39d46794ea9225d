using Backstay.Controller.Storage;

namespace Backstay.Controller.Tests.Storage;

/// <summary>What a part costs in memory. What is allocated can only be counted for the whole process: nothing else runs meanwhile.</summary>
[Collection(typeof(AloneCollection))]
public sealed class S3MemoryTests
{
    private readonly ArchiveKey _key = new(Guid.NewGuid(), 1);

    [Fact]
    public async Task A_part_streams_through_without_being_kept_or_read_twice()
    {
        var never = CancellationToken.None;
        using var store = new S3ArchiveStore(new S3Connection(await CephBucket.MakeAsync()), TimeProvider.System);
        await store.BeginAsync(_key, never);
        const int Size = 200 * 1024 * 1024;
        var before = GC.GetTotalAllocatedBytes();
        var tag = await store.WritePartAsync(_key, new PartSlot(1, 0, Size), new CountingStream(Size), never);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 40 * 1024 * 1024);
        await store.FinishAsync(_key, [new StoredPart(1, Size, tag)], never);
        Assert.Equal(Size, await store.GetLengthAsync(_key, never));
    }
}

/// <summary>Runs when no other test does.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class AloneCollection;
