namespace Backstay.Archive;

/// <summary>
/// The third stage: Zstandard frames of 2 MiB of input each, compressed side by side and written in order. Blocks it hands on
/// are full, but for the last.
/// </summary>
internal sealed class CompressStage : IDisposable
{
    private readonly int _workers;
    private readonly int _level;
    private readonly Queue<CompressedFrame> _compressing = new();
    private readonly Stack<CompressedFrame> _free = new();
    private CompressedFrame? _filling;

    /// <param name="level">Of Zstandard.</param>
    /// <param name="workers">How many frames are compressed at a time; one more is being filled.</param>
    public CompressStage(int level, int workers)
    {
        _level = level;
        _workers = workers;
    }

    public async Task RunAsync(BlockPipe input, BlockPipe output, CancellationToken cancellationToken)
    {
        var writer = new BlockWriter(output);
        try
        {
            while (await input.ReadAsync(cancellationToken).ConfigureAwait(false) is { } block)
            {
                for (int done = 0; done < block.Length;)
                {
                    _filling ??= _free.TryPop(out CompressedFrame? free) ? free : new CompressedFrame(_level);
                    done += _filling.Fill(block.Content.Span[done..]);
                    if (!_filling.IsFull)
                        continue;
                    if (_compressing.Count == _workers)
                        await WriteOldestAsync(writer, cancellationToken).ConfigureAwait(false);
                    Start();
                }
                input.Return(block);
            }
            if (_filling is not null)
                Start();
            while (_compressing.Count > 0)
                await WriteOldestAsync(writer, cancellationToken).ConfigureAwait(false);
            writer.Complete();
        }
        finally
        {
            // the frames' memory may not go before those that work on it
            foreach (CompressedFrame frame in _compressing)
                await frame.Compression.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose()
    {
        foreach (CompressedFrame frame in _compressing.Concat(_free))
            frame.Dispose();
        _filling?.Dispose();
    }

    private void Start()
    {
        _filling!.Start();
        _compressing.Enqueue(_filling);
        _filling = null;
    }

    private async ValueTask WriteOldestAsync(BlockWriter writer, CancellationToken cancellationToken)
    {
        CompressedFrame frame = _compressing.Peek();
        await frame.Compression.ConfigureAwait(false);
        await writer.WriteAsync(frame.Compressed, cancellationToken).ConfigureAwait(false);
        frame.Clear();
        _free.Push(_compressing.Dequeue());
    }
}
