using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary>Follows a backup to its end. The controller does the work whether anybody follows or not.</summary>
internal sealed class BackupFollower(AdminClient client, TimeProvider clock)
{
    private const double Growth = 1.4;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // A controller that restarts or is replaced costs a backup nothing, so it must not cost the one who waits.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(5);

    public async Task<BackupRecord> FollowAsync(Guid applianceId, Guid backupId, ProgressLine line, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        var lastAnswer = clock.GetTimestamp();
        while (true)
        {
            try
            {
                var backup = await client.FindBackupAsync(applianceId, backupId, cancellationToken)
                    ?? throw CliException.NotFound($"Backup {backupId} is gone: somebody deleted it.");
                lastAnswer = clock.GetTimestamp();
                if (backup.Status == BackupStatusWord.Done)
                {
                    line.End(BackupText.Outcome(backup));
                    return backup;
                }

                line.Report(BackupText.Progress(backup), backup.Progress?.Bytes ?? 0, backup.Progress?.BytesTotal);
            }
            catch (Exception e) when (IsPassing(e, cancellationToken) && clock.GetElapsedTime(lastAnswer) < LongestSilence)
            {
                line.Report("the controller can't be reached, trying again", 0, null);
            }

            await Task.Delay(pause, clock, cancellationToken);
            pause = TimeSpan.FromTicks(Math.Min((long)(pause.Ticks * Growth), LongestPause.Ticks));
        }
    }

    /// <summary>Whether the same question may be answered a moment later.</summary>
    public static bool IsPassing(Exception e, CancellationToken cancellationToken) => e switch
    {
        HttpRequestException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        AdminApiException api => (int)api.Status is 429 or >= 500,
        _ => false,
    };
}
