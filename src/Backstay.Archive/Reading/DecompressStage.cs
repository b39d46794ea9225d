using System.Buffers;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Backstay.Archive;

/// <summary>The second stage of reading: Zstandard frames, one after the other, with their limits.</summary>
internal static class DecompressStage
{
    /// <summary>Largest window, as a power of two: 16 MiB. Level 19 has 8 MiB.</summary>
    private const int MaxWindowLog = 24;

    public static async Task RunAsync(
        BlockPipe input, BlockPipe output, ReadOptions options, Func<long> sealedBytes, CancellationToken cancellationToken)
    {
        using var decompressor = new Decompressor();
        decompressor.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        var writer = new BlockWriter(output);
        bool ended = false;
        while (await input.ReadAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            bool more = true; // there may be more to come out than the room had
            for (int done = 0; done < block.Length || (more && !ended);)
            {
                Memory<byte> room = await writer.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
                int used, written;
                (ended, used, written) = Unwrap(decompressor, block.Content.Span[done..], room.Span);
                done += used;
                more = written == room.Length;
                if (written > 0)
                    writer.Advance(written);
                CheckLimits(options, writer.Position, sealedBytes());
            }
            input.Return(block);
        }
        if (!ended)
            throw OpeningStage.Damaged("the compressed data ends early.");
        writer.Complete();
    }

    private static (bool Ended, int Used, int Written) Unwrap(Decompressor decompressor, ReadOnlySpan<byte> from, Span<byte> to)
    {
        try
        {
            OperationStatus status = decompressor.UnwrapStream(from, to, out int used, out int written);
            if (status != OperationStatus.InvalidData) // which it tells of some damage, instead of throwing
                return (status == OperationStatus.Done, used, written);
        }
        catch (ZstdException e)
        {
            throw Unreadable(e);
        }
        throw Unreadable(null);
    }

    private static ArchiveException Unreadable(Exception? inner)
        => new(ArchiveFault.Damaged, "The archive is damaged: its compressed data can't be read. Get it again from where it is stored.", inner);

    private static void CheckLimits(ReadOptions options, long expanded, long sealedBytes)
    {
        if (expanded > options.MaxExpandedBytes)
        {
            throw new ArchiveException(
                ArchiveFault.TooLarge, $"The archive expands to more than {options.MaxExpandedBytes} bytes; allow more if you trust its maker.");
        }
        if (expanded > options.RatioFrom && expanded / options.MaxRatio > sealedBytes)
        {
            throw new ArchiveException(
                ArchiveFault.TooLarge, $"The archive expands to more than {options.MaxRatio} times its size; allow more if you trust its maker.");
        }
    }
}
