using Microsoft.Win32.SafeHandles;

namespace Backstay.Controller.Storage;

/// <summary>Reads one range of a file; owns the handle. Exactly that many bytes come, or an exception does.</summary>
internal sealed class FileRangeStream(SafeFileHandle file, long offset, long length) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => Advance(RandomAccess.Read(file, Within(buffer), offset + _position), buffer.Length);

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var within = buffer[..(int)Math.Min(buffer.Length, length - _position)];
        return Advance(await RandomAccess.ReadAsync(file, within, offset + _position, cancellationToken), within.Length);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }

    private Span<byte> Within(Span<byte> buffer) => buffer[..(int)Math.Min(buffer.Length, length - _position)];

    private int Advance(int read, int wanted)
    {
        if (read == 0 && wanted > 0 && _position < length)
            throw new ArchiveStoreException(StoreFault.Missing, $"The file ends {length - _position} bytes before the range does.");

        _position += read;
        return read;
    }
}
