using System.Threading.Channels;

namespace Backstay.Archive;

/// <summary>A piece of a stream in flight between two stages.</summary>
internal sealed class Block(int size)
{
    public byte[] Buffer { get; } = GC.AllocateUninitializedArray<byte>(size);

    public int Length { get; set; }

    public ReadOnlyMemory<byte> Content => Buffer.AsMemory(0, Length);
}

/// <summary>
/// A bounded pipe of bytes for one writer and one reader: a fixed number of blocks goes round, so that memory is bounded, a
/// fast stage waits for a slow one, and nothing is allocated on the way.
/// </summary>
internal sealed class BlockPipe
{
    private static readonly UnboundedChannelOptions OneToOne = new() { SingleReader = true, SingleWriter = true };

    // both hold at most the fixed number of blocks, so that writing to them never waits
    private readonly Channel<Block> _filled = Channel.CreateUnbounded<Block>(OneToOne);
    private readonly Channel<Block> _empty = Channel.CreateUnbounded<Block>(OneToOne);
    private readonly int _blockSize;
    private int _unborn;

    public BlockPipe(int blocks, int blockSize)
    {
        _unborn = blocks;
        _blockSize = blockSize;
    }

    /// <summary>Writer: an empty block, as soon as the reader has given one back.</summary>
    public ValueTask<Block> RentAsync(CancellationToken cancellationToken)
    {
        if (_empty.Reader.TryRead(out Block? block))
            return ValueTask.FromResult(block);
        if (_unborn == 0)
            return _empty.Reader.ReadAsync(cancellationToken);
        _unborn--;
        return ValueTask.FromResult(new Block(_blockSize));
    }

    /// <summary>Writer: hands a block with content over.</summary>
    public void Post(Block block) => _filled.Writer.TryWrite(block);

    /// <summary>Writer: the end; with an error, the reader gets it after what was posted before.</summary>
    public void Complete(Exception? error = null) => _filled.Writer.TryComplete(error);

    /// <summary>Reader: the next block with content, or null at the end.</summary>
    public async ValueTask<Block?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await _filled.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_filled.Reader.TryRead(out Block? block))
                return block;
        }
        return null;
    }

    /// <summary>Reader: gives a block back.</summary>
    public void Return(Block block)
    {
        block.Length = 0;
        _empty.Writer.TryWrite(block);
    }
}
