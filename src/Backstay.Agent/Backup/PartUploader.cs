using System.Buffers;
using System.Security.Cryptography;
using System.Threading.Channels;
using Backstay.Agent.Connection;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Backup;

/// <summary>
/// Sends parts until they are acknowledged. A part is the same part however often it is sent: the controller tells by its digest,
/// so an answer that was lost costs the time, not the backup.
/// </summary>
internal sealed partial class PartUploader(
    AgentClient client, UploadSession session, RateLimiter? limiter, TimeProvider time, ILogger logger)
{
    /// <summary>A part that arrives damaged that often does so for a reason: bad memory, or a proxy that changes bytes.</summary>
    public const int MostDamaged = 5;

    private const int HashPiece = 128 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>A controller that holds us to a rate asks for as long as the parts before this one take at it.</summary>
    private static readonly TimeSpan LongestAsked = TimeSpan.FromMinutes(5);

    private long _acknowledged;

    /// <summary>Bytes that are durable at the other side, from any thread.</summary>
    public long Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Sends one part after the other until there are no more; run as many of it as parts may be in flight.</summary>
    /// <exception cref="BackupStoppedException">The backup is over, or the controller doesn't take the part.</exception>
    public async Task SendAsync(ChannelReader<Part> parts, CancellationToken cancellationToken)
    {
        await foreach (var part in parts.ReadAllAsync(cancellationToken))
        {
            using (part.Content)
            {
                await SendAsync(part, cancellationToken);
                Interlocked.Add(ref _acknowledged, part.Content.Length);
            }
        }
    }

    private async Task SendAsync(Part part, CancellationToken cancellationToken)
    {
        var sha256 = await HashAsync(part.Content, cancellationToken);
        var backoff = new Backoff(FirstPause, LongestPause, time) { LongestAsked = LongestAsked };
        var damaged = 0;
        while (true)
        {
            Log.Sending(logger, part.Number, session.BackupId, part.Content.Length);
            using var stall = new CancellationTokenSource(PartContent.Stall, time);
            var reply = await client.PutPartAsync(
                session.BackupId, session.Attempt, part.Number, new PartContent(part.Content, limiter, stall), sha256, stall,
                cancellationToken);
            switch (reply.Verdict)
            {
                case AgentVerdict.Ok:
                    Log.Acknowledged(logger, part.Number, session.BackupId);
                    return;
                case AgentVerdict.TryAgain:
                    Log.SendingAgain(logger, part.Number, reply.Message);
                    break;
                case AgentVerdict.Damaged when ++damaged < MostDamaged:
                    Log.Damaged(logger, part.Number, reply.Message);
                    break;
                case AgentVerdict.Ended or AgentVerdict.Unauthorized or AgentVerdict.StoreFull:
                    throw BackupStoppedException.Ended(reply.Message);
                default:
                    throw BackupStoppedException.Failed(
                        FailureReason.Integrity, $"The controller did not take part {part.Number}: {reply.Message}");
            }

            // The lease beside us says whether it still makes sense.
            await backoff.WaitAsync(reply.RetryAfter, cancellationToken);
        }
    }

    private static async Task<byte[]> HashAsync(PartBuffer part, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var scratch = ArrayPool<byte>.Shared.Rent(HashPiece);
        try
        {
            for (long offset = 0; offset < part.Length;)
            {
                var piece = await part.ReadAsync(offset, scratch, cancellationToken);
                hash.AppendData(piece.Span);
                offset += piece.Length;
            }

            return hash.GetCurrentHash();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 6: part {Number} of backup {Backup} goes up, {Bytes} bytes.")]
        public static partial void Sending(ILogger logger, int number, Guid backup, long bytes);

        [LoggerMessage(LogLevel.Debug, "Step 6: part {Number} of backup {Backup} is acknowledged.")]
        public static partial void Acknowledged(ILogger logger, int number, Guid backup);

        [LoggerMessage(LogLevel.Warning, "Part {Number} was not acknowledged and is sent again: {Reason}")]
        public static partial void SendingAgain(ILogger logger, int number, string reason);

        [LoggerMessage(LogLevel.Warning, "Part {Number} arrived damaged and is sent again: {Reason}")]
        public static partial void Damaged(ILogger logger, int number, string reason);
    }
}
