namespace Backstay.Archive;

/// <summary>The third stage: one Zstandard frame with a checksum. Blocks it hands on are full, but for the last.</summary>
internal static class CompressStage
{
    public static async Task RunAsync(BlockPipe input, BlockPipe output, int level, CancellationToken cancellationToken)
    {
        using var frame = new ZstdFrame(level);
        var writer = new BlockWriter(output);
        while (await input.ReadAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            for (int done = 0; done < block.Length;)
            {
                ReadOnlyMemory<byte> compressed = frame.Compress(block.Content.Span[done..], out int used);
                await writer.WriteAsync(compressed, cancellationToken).ConfigureAwait(false);
                done += used;
            }
            input.Return(block);
        }
        await writer.WriteAsync(frame.End(), cancellationToken).ConfigureAwait(false);
        writer.Complete();
    }
}
