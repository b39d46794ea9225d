namespace Backstay.Archive;

/// <summary>Takes the blocks of a pipe apart, without copying where that is possible.</summary>
internal sealed class BlockReader(BlockPipe pipe)
{
    private Block? _block;
    private int _at;

    /// <summary>Bytes taken so far.</summary>
    public long Position { get; private set; }

    /// <summary>The next bytes, at most <paramref name="max"/>, valid until the next call; empty at the end of the stream.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadPieceAsync(long max, CancellationToken cancellationToken)
    {
        if (_block is not null && _at == _block.Length)
        {
            pipe.Return(_block);
            _block = null;
        }
        if (_block is null)
        {
            _block = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            _at = 0;
            if (_block is null)
                return default;
        }
        ReadOnlyMemory<byte> piece = _block.Content.Slice(_at, (int)Math.Min(_block.Length - _at, max));
        _at += piece.Length;
        Position += piece.Length;
        return piece;
    }

    /// <summary>Fills a buffer; false if the stream ends before.</summary>
    public async ValueTask<bool> FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            ReadOnlyMemory<byte> piece = await ReadPieceAsync(buffer.Length, cancellationToken).ConfigureAwait(false);
            if (piece.IsEmpty)
                return false;
            piece.CopyTo(buffer);
            buffer = buffer[piece.Length..];
        }
        return true;
    }
}
