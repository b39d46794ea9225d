using Backstay.Agent.Platform;

namespace Backstay.Agent.Backup;

/// <summary>
/// Room for the parts in flight. Their number is bounded, and so is their memory: a part that doesn't fit into it any more, or
/// is a large one, waits in an unlinked file.
/// </summary>
/// <param name="parts">How many there may be at once.</param>
/// <param name="spool">Where the others wait.</param>
/// <param name="memory">Bytes for parts in memory, over all.</param>
internal sealed class PartBuffers(int parts, SpoolFolder spool, long memory = PartBuffers.DefaultMemory) : IDisposable
{
    /// <summary>
    /// Three parts of the default plan's first tier. While acknowledgements come quickly no more are under way at once; with
    /// more the whole agent would need more than 64 MiB.
    /// </summary>
    public const long DefaultMemory = 24 * 1024 * 1024;

    /// <summary>Larger parts are always spooled.</summary>
    public const long LargestInMemory = 8 * 1024 * 1024;

    private readonly SemaphoreSlim _free = new(parts, parts);
    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _kept = new();
    private readonly HashSet<PartBuffer> _rented = [];
    private long _memoryLeft = memory;

    /// <summary>Waits until there is room for one more part.</summary>
    /// <param name="size">Of the whole part, in bytes.</param>
    public async Task<PartBuffer> RentAsync(long size, CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken);
        try
        {
            var part = TryRentMemory(size) is { } bytes
                ? new PartBuffer(this, size, bytes, null)
                : new PartBuffer(this, size, null, spool.Create());
            lock (_lock)
            {
                _rented.Add(part);
            }

            return part;
        }
        catch
        {
            _free.Release();
            throw;
        }
    }

    /// <summary>Also gives up what was rented and never sent, as the backup ended before.</summary>
    public void Dispose()
    {
        foreach (var part in _rented.ToList())
            part.Dispose();
        _free.Dispose();
    }

    internal void Return(PartBuffer part, byte[]? bytes)
    {
        lock (_lock)
        {
            _rented.Remove(part);
            if (bytes is not null)
            {
                _kept.Push(bytes);
                _memoryLeft += bytes.Length;
            }
        }

        _free.Release();
    }

    internal Sources.SourceFailedException SpoolFull() => spool.Full("A part in flight");

    private byte[]? TryRentMemory(long size)
    {
        if (size > LargestInMemory)
            return null;

        lock (_lock)
        {
            if (_memoryLeft < size)
                return null;
            _memoryLeft -= size;
            // Parts of one tier have one size; a kept array of another tier's isn't worth its memory any more.
            while (_kept.TryPop(out var kept))
            {
                if (kept.Length == size)
                    return kept;
            }

            return GC.AllocateUninitializedArray<byte>((int)size);
        }
    }
}

/// <summary>The bytes of one part until they are acknowledged, in memory or in an unlinked file.</summary>
internal sealed class PartBuffer(PartBuffers owner, long capacity, byte[]? bytes, FileStream? file) : IDisposable
{
    private bool _disposed;

    /// <summary>Bytes so far.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes that are still to come until the part is full.</summary>
    public long Left => capacity - Length;

    public bool IsSpooled => file is not null;

    /// <summary>At most <see cref="Left"/> bytes more.</summary>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(data.Length, Left);
        if (bytes is not null)
            data.CopyTo(bytes.AsMemory((int)Length));
        else
            await SpoolAsync(data, cancellationToken);
        Length += data.Length;
    }

    /// <summary>A piece of the part, from <paramref name="offset"/> on. A part may be read as often as it must be sent.</summary>
    /// <param name="scratch">Used if the bytes aren't in memory; also the most that is returned.</param>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(long offset, Memory<byte> scratch, CancellationToken cancellationToken)
    {
        var wanted = (int)Math.Min(scratch.Length, Length - offset);
        if (bytes is not null)
            return bytes.AsMemory((int)offset, wanted);

        var read = await RandomAccess.ReadAsync(file!.SafeFileHandle, scratch[..wanted], offset, cancellationToken);
        return read > 0 ? scratch[..read] : throw new EndOfStreamException("A spooled part ends before its length.");
    }

    /// <summary>Makes room for another part.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        file?.Dispose();
        owner.Return(this, bytes);
    }

    private async ValueTask SpoolAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(file!.SafeFileHandle, data, Length, cancellationToken);
        }
        catch (IOException e) when (SpoolFolder.IsFull(e))
        {
            throw owner.SpoolFull();
        }
    }
}
