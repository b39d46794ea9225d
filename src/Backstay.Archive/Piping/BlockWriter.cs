namespace Backstay.Archive;

/// <summary>Fills the blocks of a pipe: by copying, or in place.</summary>
internal sealed class BlockWriter(BlockPipe pipe)
{
    private static readonly byte[] Zeros = new byte[4096];
    private Block? _block;

    /// <summary>Bytes written since the start.</summary>
    public long Position { get; private set; }

    /// <summary>Room in the current block, at least one byte; filled by the caller and then <see cref="Advance"/>d.</summary>
    public async ValueTask<Memory<byte>> GetMemoryAsync(CancellationToken cancellationToken)
    {
        _block ??= await pipe.RentAsync(cancellationToken).ConfigureAwait(false);
        return _block.Buffer.AsMemory(_block.Length);
    }

    public void Advance(int count)
    {
        Block block = _block!;
        block.Length += count;
        Position += count;
        if (block.Length == block.Buffer.Length)
            Flush();
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            Memory<byte> room = await GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            int count = Math.Min(room.Length, bytes.Length);
            bytes.Span[..count].CopyTo(room.Span);
            Advance(count);
            bytes = bytes[count..];
        }
    }

    public async ValueTask WriteZerosAsync(long count, CancellationToken cancellationToken)
    {
        for (; count > 0; count -= Math.Min(count, Zeros.Length))
            await WriteAsync(Zeros.AsMemory(0, (int)Math.Min(count, Zeros.Length)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Hands the rest over and ends the pipe.</summary>
    public void Complete()
    {
        Flush();
        pipe.Complete();
    }

    private void Flush()
    {
        if (_block is { Length: > 0 } block)
        {
            pipe.Post(block);
            _block = null;
        }
    }
}
