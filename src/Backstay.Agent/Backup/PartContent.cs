using System.Buffers;
using System.Net;

namespace Backstay.Agent.Backup;

/// <summary>A part as the body of a request: sent piece by piece, at the rate allowed, and watched for standing still while it moves.</summary>
/// <param name="stall">Its timer is set anew with every piece that moves.</param>
internal sealed class PartContent(PartBuffer part, RateLimiter? limiter, CancellationTokenSource stall) : HttpContent
{
    /// <summary>Nothing moved for that long: the connection is dead, another may work.</summary>
    public static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    /// <summary>After the last byte: the controller makes the part durable, which a busy store may take long for.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromMinutes(2);

    private const int Piece = 128 * 1024;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (long offset = 0; offset < part.Length;)
            {
                var piece = await part.ReadAsync(offset, scratch.AsMemory(0, limiter?.Piece ?? Piece), cancellationToken);
                if (limiter is not null)
                {
                    // Nothing stands still here: it is not its turn.
                    stall.CancelAfter(Timeout.InfiniteTimeSpan);
                    await limiter.WaitAsync(piece.Length, cancellationToken);
                }

                stall.CancelAfter(Stall);
                await stream.WriteAsync(piece, cancellationToken);
                offset += piece.Length;
            }

            stall.CancelAfter(Answer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = part.Length;
        return true;
    }
}
