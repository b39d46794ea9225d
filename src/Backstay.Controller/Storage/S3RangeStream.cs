using Amazon.S3.Model;

namespace Backstay.Controller.Storage;

/// <summary>
/// Reads one range of an object. A connection that breaks, or stands still, is taken up again at the byte where it stopped, and only if
/// the object is still the same one. Exactly that many bytes come, or an exception does.
/// </summary>
internal sealed class S3RangeStream : Stream
{
    /// <summary>Times in a row that a connection may break without a byte having come.</summary>
    private const int Tries = 5;

    private readonly S3Connection _s3;
    private readonly string _name;
    private readonly long _offset;
    private readonly long _length;
    private readonly string _tag;
    private readonly TimeProvider _time;
    private GetObjectResponse? _response;
    private long _position;

    private S3RangeStream(S3Connection s3, string name, long offset, long length, GetObjectResponse response, TimeProvider time)
    {
        (_s3, _name, _offset, _length, _time) = (s3, name, offset, length, time);
        (_response, _tag) = (response, response.ETag);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <param name="length">At least 1.</param>
    /// <exception cref="ArchiveStoreException"/>
    public static async Task<S3RangeStream> OpenAsync(
        S3Connection s3, string name, long offset, long length, TimeProvider time, CancellationToken cancellationToken) =>
        new(s3, name, offset, length, await GetAsync(s3, name, offset, length, tag: null, cancellationToken), time);

    /// <exception cref="ArchiveStoreException">The object is gone, or the service is.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var within = buffer[..(int)Math.Min(buffer.Length, _length - _position)];
        if (within.IsEmpty)
            return 0;

        for (var failures = 0; ; failures++)
        {
            try
            {
                _response ??= await GetAsync(_s3, _name, _offset + _position, _length - _position, _tag, cancellationToken);
                using var moving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                moving.CancelAfter(_s3.Options.Timeout);
                var read = await _response.ResponseStream.ReadAsync(within, moving.Token);
                if (read == 0)
                    throw new EndOfStreamException($"The answer ended {_length - _position} bytes too early.");

                _position += read;
                return read;
            }
            catch (Exception exception)
            {
                Drop();
                cancellationToken.ThrowIfCancellationRequested();
                var fault = S3Faults.Translated($"read {_name}", _s3, exception);
                if (fault.Fault == StoreFault.Missing || S3Faults.IsRefusal(fault.InnerException) || failures + 1 == Tries)
                    throw fault;

                await Task.Delay(TimeSpan.FromMilliseconds(100 << failures), _time, cancellationToken);
            }
        }
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
        Drop();
        base.Dispose(disposing);
    }

    private static Task<GetObjectResponse> GetAsync(
        S3Connection s3, string name, long offset, long length, string? tag, CancellationToken cancellationToken) =>
        s3.CallAsync(
            $"read {name}",
            token => s3.Client.GetObjectAsync(
                new GetObjectRequest
                {
                    BucketName = s3.Bucket,
                    Key = name,
                    ByteRange = new ByteRange(offset, offset + length - 1),
                    EtagToMatch = tag,
                },
                token),
            cancellationToken);

    private void Drop()
    {
        _response?.Dispose();
        _response = null;
    }
}
