using Backstay.Controller.Storage;

namespace Backstay.Controller.Verification;

/// <summary>
/// An archive as a proof reads it: front to back, no faster than it may, telling how far it is. That it can't be read now is always an
/// <see cref="ArchiveStoreException"/>, never an end.
/// </summary>
/// <param name="content">Owned.</param>
/// <param name="bytesPerSecond">Null: as fast as it goes.</param>
/// <param name="along">Called after every read, with the bytes read until then.</param>
internal sealed class ProofStream(
    Stream content, long length, long? bytesPerSecond, Func<long, CancellationToken, Task> along, TimeProvider time) : Stream
{
    private const int LongestRead = 256 * 1024;

    private readonly long _started = time.GetTimestamp();
    private long _read;

    /// <summary>Bytes read so far.</summary>
    public long Count => _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var within = buffer[..(int)Math.Min(Math.Min(buffer.Length, LongestRead), length - _read)];
        if (within.IsEmpty)
            return 0;

        var read = await ReadStoreAsync(within, cancellationToken);
        _read += read;
        await along(_read, cancellationToken);
        if (bytesPerSecond is { } rate && TimeSpan.FromSeconds((double)_read / rate) - time.GetElapsedTime(_started) is { Ticks: > 0 } early)
            await Task.Delay(early, time, cancellationToken);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        content.Dispose();
        base.Dispose(disposing);
    }

    private async Task<int> ReadStoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var read = await content.ReadAsync(buffer, cancellationToken);
            return read > 0
                ? read
                : throw new ArchiveStoreException(StoreFault.Unavailable, $"The store ended {length - _read} bytes too early.");
        }
        catch (IOException exception)
        {
            throw new ArchiveStoreException(StoreFault.Unavailable, exception.Message, exception);
        }
    }
}
