using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Backstay.Archive;

/// <summary>One frame in the making: its input, its compressor, its output. Used again and again.</summary>
internal sealed class CompressedFrame : IDisposable
{
    /// <summary>Input of a frame, but for the last: as much as level 3 looks back at.</summary>
    public const int InputSize = 2 * 1024 * 1024;

    private readonly byte[] _input = GC.AllocateUninitializedArray<byte>(InputSize);
    private readonly byte[] _output = GC.AllocateUninitializedArray<byte>(Compressor.GetCompressBound(InputSize));
    private readonly Compressor _compressor;
    private int _inputLength;
    private int _outputLength;

    public CompressedFrame(int level)
    {
        _compressor = new Compressor(level);
        _compressor.SetParameter(ZSTD_cParameter.ZSTD_c_checksumFlag, 1);
    }

    public bool IsFull => _inputLength == InputSize;

    /// <summary>Completes when <see cref="Compressed"/> can be used.</summary>
    public Task Compression { get; private set; } = Task.CompletedTask;

    public ReadOnlyMemory<byte> Compressed => _output.AsMemory(0, _outputLength);

    /// <summary>Takes input and returns how much.</summary>
    public int Fill(ReadOnlySpan<byte> input)
    {
        int count = Math.Min(input.Length, InputSize - _inputLength);
        input[..count].CopyTo(_input.AsSpan(_inputLength));
        _inputLength += count;
        return count;
    }

    public void Start()
        => Compression = Task.Run(() => { _outputLength = _compressor.Wrap(_input.AsSpan(0, _inputLength), _output.AsSpan()); });

    public void Clear() => _inputLength = 0;

    public void Dispose() => _compressor.Dispose();
}
