using System.Runtime.InteropServices;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Backstay.Archive;

/// <summary>
/// Compresses one Zstandard frame with zstd's buffer-less interface. Its streaming interface keeps a ring of just one window
/// and so nearly always searches matches across the ring's seam, with code that is almost half as fast; a ring of several
/// windows does that only after each turn.
/// </summary>
internal sealed unsafe class ZstdFrame : IDisposable
{
    /// <summary>Bytes that become one block of the frame, the most that the format allows.</summary>
    private const int BlockSize = 128 * 1024;

    private const ulong UnknownSize = ulong.MaxValue; // ZSTD_CONTENTSIZE_UNKNOWN
    private const int MinRing = 8 * 1024 * 1024;

    private readonly ZSTD_CCtx_s* _context;
    private readonly byte* _ring;
    private readonly int _ringSize;
    private readonly byte[] _compressed;
    private int _blockStart;
    private int _blockLength;

    public ZstdFrame(int level)
    {
        ZSTD_parameters parameters = Methods.ZSTD_getParams(level, 0, 0);
        parameters.fParams.checksumFlag = 1;
        parameters.fParams.contentSizeFlag = 0;
        int window = 1 << (int)parameters.cParams.windowLog;
        _ringSize = Math.Max(MinRing, 2 * window);
        _compressed = new byte[(int)Methods.ZSTD_compressBound(BlockSize) + 64]; // and the frame's header or checksum
        _ring = (byte*)NativeMemory.Alloc((nuint)_ringSize);
        _context = Methods.ZSTD_createCCtx();
        Check(Methods.ZSTD_compressBegin_advanced(_context, null, 0, parameters, UnknownSize));
    }

    /// <summary>Takes input up to the end of a block.</summary>
    /// <param name="input">What is to be compressed.</param>
    /// <param name="used">How much of it was taken.</param>
    /// <returns>Compressed bytes, valid until the next call; empty while a block isn't full.</returns>
    public ReadOnlyMemory<byte> Compress(ReadOnlySpan<byte> input, out int used)
    {
        used = Math.Min(input.Length, BlockSize - _blockLength);
        input[..used].CopyTo(new Span<byte>(_ring + _blockStart + _blockLength, used));
        _blockLength += used;
        if (_blockLength < BlockSize)
            return default;
        nuint written;
        fixed (byte* to = _compressed)
            written = Methods.ZSTD_compressContinue(_context, to, (nuint)_compressed.Length, _ring + _blockStart, BlockSize);
        Check(written);
        _blockStart = (_blockStart + BlockSize) % _ringSize;
        _blockLength = 0;
        return _compressed.AsMemory(0, (int)written);
    }

    /// <summary>The last block, and the checksum.</summary>
    public ReadOnlyMemory<byte> End()
    {
        nuint written;
        fixed (byte* to = _compressed)
            written = Methods.ZSTD_compressEnd(_context, to, (nuint)_compressed.Length, _ring + _blockStart, (nuint)_blockLength);
        Check(written);
        return _compressed.AsMemory(0, (int)written);
    }

    public void Dispose()
    {
        Methods.ZSTD_freeCCtx(_context);
        NativeMemory.Free(_ring);
    }

    private static void Check(nuint result)
    {
        if (Methods.ZSTD_isError(result))
            throw new ZstdException(Methods.ZSTD_getErrorCode(result), Methods.ZSTD_getErrorName(result));
    }
}
