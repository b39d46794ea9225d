using Backstay.Cli.Commands.Backup;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Verification;

/// <summary>Follows a verification to its end. The controllers make it whether anybody follows or not.</summary>
internal sealed class VerificationFollower(AdminClient client, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A controller that restarts costs a verification nothing but time, so it must not cost the one who waits.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(5);

    public async Task<VerificationRecord> FollowAsync(Guid id, ProgressLine line, CancellationToken cancellationToken)
    {
        var lastAnswer = clock.GetTimestamp();
        while (true)
        {
            try
            {
                var verification = await client.GetVerificationAsync(id, cancellationToken);
                lastAnswer = clock.GetTimestamp();
                if (verification.State > VerificationRunState.Running)
                {
                    line.End(VerificationText.Outcome(verification));
                    return verification;
                }

                line.Report(VerificationText.Progress(verification), verification.Bytes, verification.Size);
            }
            catch (Exception e) when (BackupFollower.IsPassing(e, cancellationToken) && clock.GetElapsedTime(lastAnswer) < LongestSilence)
            {
                line.Report("the controller can't be reached, trying again", 0, null);
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }
}
