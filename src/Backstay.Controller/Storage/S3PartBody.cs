using System.Runtime.ExceptionServices;

namespace Backstay.Controller.Storage;

/// <summary>
/// A part on its way to the service. Its last bytes are only given out after the content has ended well: a content that fails, at the
/// latest by its digest, leaves a request that is cut off, which no service makes a part of.
/// </summary>
/// <remarks>Read by one reader, which leaves the content open.</remarks>
internal sealed class S3PartBody(Stream content, PartSlot slot, Action onProgress) : Stream
{
    private ExceptionDispatchInfo? _failure;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => slot.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException("A part can't be read again.");
    }

    /// <summary>Throws what reading the content threw, if it did.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_position == slot.Length || buffer.IsEmpty)
            return 0;

        try
        {
            var read = await content.ReadAsync(buffer[..(int)Math.Min(buffer.Length, slot.Length - _position)], cancellationToken);
            if (read == 0)
                throw new EndOfStreamException($"The content of part {slot.Number} ended after {_position} of {slot.Length} bytes.");
            if (_position + read == slot.Length && await content.ReadAsync(new byte[1], cancellationToken) != 0)
                throw new ArgumentException($"The content of part {slot.Number} is longer than {slot.Length} bytes.");

            _position += read;
            onProgress();
            return read;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            _failure = ExceptionDispatchInfo.Capture(exception);
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("A part can't be read again.");

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
