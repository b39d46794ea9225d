using System.Security.Cryptography;
using Backstay.Controller.Storage;

namespace Backstay.Controller.Tests.Storage;

/// <summary>What every store has to do, whatever it is made of. A store is one when its subclass of this passes.</summary>
public abstract class ArchiveStoreConformance : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly ArchiveKey _key = new(Guid.NewGuid(), 1);

    private protected IArchiveStore Store { get; private set; } = null!;

    /// <summary>Of all parts but the last.</summary>
    private protected virtual int PartSize => 300_000;

    public async ValueTask InitializeAsync() => Store = await CreateAsync();

    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private protected abstract Task<IArchiveStore> CreateAsync();

    [Fact]
    public async Task Parts_written_in_any_order_become_one_object_that_reads_the_same()
    {
        var archive = await WriteAsync(_key, order: [3, 1, 2]);
        Assert.Equal(archive.Length, await Store.GetLengthAsync(_key, Never));
        Assert.Equal(archive, await ReadAsync(_key, 0, archive.Length));
    }

    [Fact]
    public async Task Parts_can_be_written_at_the_same_time()
    {
        await Store.BeginAsync(_key, Never);
        var archive = RandomNumberGenerator.GetBytes(8 * PartSize);
        var parts = await Task.WhenAll(Enumerable.Range(1, 8).Select(number => PutAsync(_key, archive, number)));
        await Store.FinishAsync(_key, parts, Never);
        Assert.Equal(archive, await ReadAsync(_key, 0, archive.Length));
    }

    [Fact]
    public async Task Every_range_reads_as_the_bytes_in_it()
    {
        var archive = await WriteAsync(_key);
        foreach (var (offset, length) in new[] { (0, 1), (1, 0), (PartSize - 1, 2), (archive.Length - 1, 1), (archive.Length, 0), (5, PartSize * 2) })
            Assert.Equal(archive.AsSpan(offset, length).ToArray(), await ReadAsync(_key, offset, length));
    }

    [Fact]
    public async Task A_part_written_again_takes_the_place_of_the_one_before()
    {
        await Store.BeginAsync(_key, Never);
        var (wrong, right) = (RandomNumberGenerator.GetBytes(PartSize), RandomNumberGenerator.GetBytes(PartSize));
        await PutAsync(_key, wrong, 1);
        var part = await PutAsync(_key, right, 1);
        await Store.FinishAsync(_key, [part], Never);
        Assert.Equal(right, await ReadAsync(_key, 0, PartSize));
    }

    [Fact]
    public async Task A_part_whose_content_fails_or_is_too_short_is_none()
    {
        await Store.BeginAsync(_key, Never);
        var slot = new PartSlot(1, 0, PartSize);
        await Assert.ThrowsAsync<InvalidDataException>(() => Store.WritePartAsync(_key, slot, new FailingStream(PartSize - 1), Never));
        await Assert.ThrowsAnyAsync<IOException>(() => Store.WritePartAsync(_key, slot, new MemoryStream(new byte[PartSize - 1]), Never));
        var archive = RandomNumberGenerator.GetBytes(PartSize);
        var part = await PutAsync(_key, archive, 1);
        await Store.FinishAsync(_key, [part], Never);
        Assert.Equal(archive, await ReadAsync(_key, 0, PartSize));
    }

    [Fact]
    public async Task What_a_failed_part_beyond_the_last_one_left_is_not_in_the_object()
    {
        await Store.BeginAsync(_key, Never);
        var archive = RandomNumberGenerator.GetBytes(PartSize);
        var part = await PutAsync(_key, archive, 1);
        await Assert.ThrowsAsync<InvalidDataException>(
            () => Store.WritePartAsync(_key, new PartSlot(2, PartSize, PartSize), new FailingStream(PartSize - 1), Never));
        await Store.FinishAsync(_key, [part], Never);
        Assert.Equal(PartSize, await Store.GetLengthAsync(_key, Never));
    }

    [Fact]
    public async Task An_object_can_not_be_finished_without_all_of_its_bytes()
    {
        await Store.BeginAsync(_key, Never);
        var part = await PutAsync(_key, RandomNumberGenerator.GetBytes(PartSize), 1);
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(() => Store.FinishAsync(_key, [part, new(2, PartSize, part.Tag)], Never));
        Assert.Equal(StoreFault.Missing, fault.Fault);
        Assert.Null(await Store.GetLengthAsync(_key, Never));
    }

    [Fact]
    public async Task Finishing_again_changes_nothing()
    {
        var archive = RandomNumberGenerator.GetBytes(2 * PartSize);
        await Store.BeginAsync(_key, Never);
        StoredPart[] parts = [await PutAsync(_key, archive, 1), await PutAsync(_key, archive, 2)];
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => Store.FinishAsync(_key, parts, Never))));
        await Store.FinishAsync(_key, parts, Never);
        Assert.Equal(archive, await ReadAsync(_key, 0, archive.Length));
    }

    [Fact]
    public async Task A_finished_object_takes_no_parts_and_no_new_beginning_changes_it()
    {
        var archive = await WriteAsync(_key);
        await Store.BeginAsync(_key, Never);
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(() => PutAsync(_key, archive, 1));
        Assert.Equal(StoreFault.Missing, fault.Fault);
        await Store.AbortAsync(_key, Never);
        Assert.Equal(archive, await ReadAsync(_key, 0, archive.Length));
    }

    [Fact]
    public async Task An_attempt_that_was_aborted_or_never_begun_takes_no_parts()
    {
        var never = await Assert.ThrowsAsync<ArchiveStoreException>(() => PutAsync(_key, new byte[PartSize], 1));
        await Store.BeginAsync(_key, Never);
        await Store.AbortAsync(_key, Never);
        await Store.AbortAsync(_key, Never);
        var aborted = await Assert.ThrowsAsync<ArchiveStoreException>(() => PutAsync(_key, new byte[PartSize], 1));
        Assert.Equal((StoreFault.Missing, StoreFault.Missing), (never.Fault, aborted.Fault));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Attempts_of_one_backup_do_not_touch_each_other()
    {
        var (first, second) = (_key, _key with { Attempt = 2 });
        await Store.BeginAsync(first, Never);
        await PutAsync(first, RandomNumberGenerator.GetBytes(PartSize), 1);
        var archive = await WriteAsync(second);
        await Store.AbortAsync(first, Never);
        await Store.DeleteAsync(first, Never);
        Assert.Equal(archive, await ReadAsync(second, 0, archive.Length));
    }

    [Fact]
    public async Task The_list_has_what_is_finished_and_what_is_not_with_size_and_time()
    {
        var (finished, open) = (_key, new ArchiveKey(Guid.NewGuid(), 7));
        var archive = await WriteAsync(finished);
        await Store.WriteSidecarAsync(finished, "{}"u8.ToArray(), Never);
        await Store.BeginAsync(open, Never);
        var list = await ListAsync();
        Assert.Equal(2, list.Count);
        var item = list.Single(o => o.Key == finished);
        Assert.Equal((true, archive.Length), (item.Finished, item.Size));
        Assert.InRange(item.LastWritten, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));
        Assert.False(list.Single(o => o.Key == open).Finished);
    }

    [Fact]
    public async Task A_sidecar_is_read_as_it_was_last_written_and_goes_with_its_object()
    {
        Assert.Null(await Store.ReadSidecarAsync(_key, Never));
        await WriteAsync(_key);
        await Store.WriteSidecarAsync(_key, "{\"a\":1}"u8.ToArray(), Never);
        await Store.WriteSidecarAsync(_key, "{\"a\":2}"u8.ToArray(), Never);
        Assert.Equal("{\"a\":2}"u8.ToArray(), await Store.ReadSidecarAsync(_key, Never));
        await Store.DeleteAsync(_key, Never);
        await Store.DeleteAsync(_key, Never);
        Assert.Null(await Store.ReadSidecarAsync(_key, Never));
        Assert.Null(await Store.GetLengthAsync(_key, Never));
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(() => Store.OpenReadAsync(_key, 0, 1, Never));
        Assert.Equal(StoreFault.Missing, fault.Fault);
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Free_space_is_positive_or_unknown() => Assert.True(await Store.GetFreeSpaceAsync(Never) is null or > 0);

    private async Task<byte[]> WriteAsync(ArchiveKey key, int[]? order = null)
    {
        var archive = RandomNumberGenerator.GetBytes((2 * PartSize) + 777);
        await Store.BeginAsync(key, Never);
        List<StoredPart> parts = [];
        foreach (var number in order ?? [1, 2, 3])
            parts.Add(await PutAsync(key, archive, number));
        await Store.FinishAsync(key, [.. parts.OrderBy(p => p.Number)], Never);
        return archive;
    }

    private async Task<StoredPart> PutAsync(ArchiveKey key, byte[] archive, int number)
    {
        var offset = (number - 1) * PartSize;
        var length = Math.Min(PartSize, archive.Length - offset);
        var tag = await Store.WritePartAsync(key, new PartSlot(number, offset, length), new MemoryStream(archive, offset, length), Never);
        return new StoredPart(number, length, tag);
    }

    private async Task<byte[]> ReadAsync(ArchiveKey key, long offset, long length)
    {
        await using var stream = await Store.OpenReadAsync(key, offset, length, Never);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    private async Task<List<StoredObject>> ListAsync()
    {
        List<StoredObject> list = [];
        await foreach (var item in Store.ListAsync(Never))
            list.Add(item);
        return list;
    }

    /// <summary>Gives some bytes, then fails as a connection does.</summary>
    private sealed class FailingStream(int bytes) : MemoryStream(new byte[bytes])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await base.ReadAsync(buffer, cancellationToken);
            return read > 0 ? read : throw new InvalidDataException("The content fails.");
        }
    }
}
