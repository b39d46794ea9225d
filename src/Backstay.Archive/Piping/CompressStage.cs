using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Backstay.Archive;

/// <summary>The third stage: one Zstandard frame with a checksum. Blocks it hands on are full, but for the last.</summary>
internal static class CompressStage
{
    public static async Task RunAsync(BlockPipe input, BlockPipe output, int level, CancellationToken cancellationToken)
    {
        using var compressor = new Compressor(level);
        compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
        var writer = new BlockWriter(output);
        while (await input.ReadAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            for (int done = 0; done < block.Length;)
            {
                Memory<byte> room = await writer.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
                compressor.WrapStream(
                    block.Buffer.AsSpan(done, block.Length - done), room.Span, out int used, out int written, isFinalBlock: false);
                writer.Advance(written);
                done += used;
            }
            input.Return(block);
        }
        while (true)
        {
            Memory<byte> room = await writer.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            System.Buffers.OperationStatus status =
                compressor.WrapStream([], room.Span, out _, out int written, isFinalBlock: true);
            writer.Advance(written);
            if (status == System.Buffers.OperationStatus.Done)
                break;
        }
        writer.Complete();
    }
}
