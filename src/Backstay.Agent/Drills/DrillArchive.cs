using Backstay.Agent.Connection;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Drills;

/// <summary>
/// The archive of a drill as a stream, read front to back by ranges of it. Where a controller or the network goes away, it goes on where it
/// was, on whichever controller answers, for as long as the drill is ours. Nothing of it is kept on disk.
/// </summary>
internal sealed partial class DrillArchive(AgentClient client, DrillAssignment drill, TimeProvider time, ILogger logger) : Stream
{
    /// <summary>Without a byte for that long the connection is taken for dead.</summary>
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), time);
    private Stream? _body;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => drill.Size;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <exception cref="DrillOverException">The drill is no longer this machine's.</exception>
    /// <exception cref="DrillFailedException">The controller has no such archive, or not the whole of it.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_position < drill.Size && !buffer.IsEmpty)
        {
            _body ??= await OpenAsync(cancellationToken);
            var read = await ReadBodyAsync(_body, buffer, cancellationToken);
            if (read > 0)
            {
                _position += read;
                return read;
            }

            await _body.DisposeAsync();
            _body = null;
        }

        return 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Read it with ReadAsync.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _body?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>0: this answer has ended, or broke.</summary>
    private async ValueTask<int> ReadBodyAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var stall = new CancellationTokenSource(Stall, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall.Token);
        try
        {
            var read = await body.ReadAsync(buffer, either.Token);
            if (read > 0)
                _backoff.Reset();
            return read;
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Log.Broken(logger, drill.DrillId, _position, e.Message);
            await _backoff.WaitAsync(null, cancellationToken);
            return 0;
        }
    }

    private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var (reply, body) = await client.OpenArchiveAsync(drill.DrillId, drill.Attempt, _position, cancellationToken);
            switch (reply.Verdict)
            {
                case AgentVerdict.Ok:
                    return body!;
                case AgentVerdict.TryAgain:
                    Log.Waiting(logger, drill.DrillId, _position, reply.Message);
                    break;
                case AgentVerdict.Refused when reply.Error?.Id == ErrorIds.ArchiveMissing:
                    throw new DrillFailedException(reply.Message);
                case AgentVerdict.Refused:
                    throw new DrillImpossibleException($"The controller doesn't give the archive: {reply.Message}");
                default:
                    throw new DrillOverException(reply.Message);
            }

            await _backoff.WaitAsync(reply.RetryAfter, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Drill {Drill}: the archive stopped coming at byte {Position}, and goes on from there: {Reason}")]
        public static partial void Broken(ILogger logger, Guid drill, long position, string reason);

        [LoggerMessage(LogLevel.Warning, "Drill {Drill}: no controller gives the archive from byte {Position} on now: {Reason}")]
        public static partial void Waiting(ILogger logger, Guid drill, long position, string reason);
    }
}
