using Backstay.Agent.Connection;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Backup;

/// <summary>
/// Keeps the backup ours: renews the lease, and tells how far it is. A controller that can't be reached is a pause, however long;
/// only a controller that says that the backup is over ends it.
/// </summary>
internal sealed partial class Lease(
    AgentClient client, UploadSession session, RunProgress progress, TimeProvider time, ILogger logger)
{
    /// <summary>Progress travels at most that often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Without news the lease is renewed this often: three renewals may be lost.</summary>
    private readonly TimeSpan _quiet = TimeSpan.FromSeconds(session.LeaseSeconds / 4.0);

    /// <summary>Between tries, once one has failed: never so long that a short lease runs out in it.</summary>
    private TimeSpan Pause => _quiet < LongestPause ? _quiet : LongestPause;

    /// <summary>Runs until it is cancelled.</summary>
    /// <exception cref="BackupStoppedException">The backup is over.</exception>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(Interval, Pause, time);
        LeaseRenewal? said = null;
        var saidAt = time.GetTimestamp();
        var interrupted = false;
        while (true)
        {
            var renewal = progress.Snapshot();
            if (renewal == said && time.GetElapsedTime(saidAt) < _quiet)
            {
                await Task.Delay(Interval, time, cancellationToken);
                continue;
            }

            var reply = await client.RenewLeaseAsync(session.BackupId, session.Attempt, renewal, cancellationToken);
            if (reply.Verdict is AgentVerdict.Ended or AgentVerdict.Unauthorized or AgentVerdict.StoreFull)
                throw BackupStoppedException.Ended(reply.Message);

            if (!reply.IsOk)
            {
                if (!interrupted)
                    Log.Interrupted(logger, reply.Message);
                interrupted = true;
                await backoff.WaitAsync(reply.RetryAfter, cancellationToken);
                continue;
            }

            if (interrupted)
                Log.Resumed(logger);
            interrupted = false;
            backoff.Reset();
            (said, saidAt) = (renewal, time.GetTimestamp());
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The lease can't be renewed now; the backup goes on as soon as a controller answers: {Reason}")]
        public static partial void Interrupted(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Information, "A controller answers again; the backup goes on.")]
        public static partial void Resumed(ILogger logger);
    }
}
