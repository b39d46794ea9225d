using System.Security.Cryptography;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>The bytes of a part weren't those that its digest names.</summary>
internal sealed class PartDigestException() : Exception("The bytes don't have the digest that was promised.");

/// <summary>
/// Lets a part through while hashing it, and ends well only if it has the length and the digest that were promised. A store that
/// reads to the end can't acknowledge anything else.
/// </summary>
/// <remarks>Not for two readers; leaves the inner stream open.</remarks>
internal sealed class VerifiedPartStream(Stream inner, long length, byte[] sha256) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private bool _verified;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <exception cref="PartDigestException">All bytes have come, and they are not the ones that were promised.</exception>
    /// <exception cref="EndOfStreamException">Fewer or more bytes came than were promised.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (read == 0 && !buffer.IsEmpty)
        {
            Verify();
            return 0;
        }

        _position += read;
        if (_position > length)
            throw new EndOfStreamException($"More than {length} bytes came.");

        _hash.AppendData(buffer.Span[..read]);
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
        _hash.Dispose();
        base.Dispose(disposing);
    }

    private void Verify()
    {
        if (_verified)
            return;
        if (_position != length)
            throw new EndOfStreamException($"{_position} of {length} bytes came.");
        if (!_hash.GetHashAndReset().AsSpan().SequenceEqual(sha256))
            throw new PartDigestException();
        _verified = true;
    }
}
