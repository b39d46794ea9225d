using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Drill;

/// <summary>Follows a drill to its end, or until a machine said that it can't. The machine does the work whether anybody follows or not.</summary>
internal sealed class DrillFollower(AdminClient client, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A controller that restarts or is replaced costs a drill nothing, so it must not cost the one who waits.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(5);

    public async Task<DrillRecord> FollowAsync(DrillRecord drill, ProgressLine line, CancellationToken cancellationToken)
    {
        var lastAnswer = clock.GetTimestamp();
        while (true)
        {
            try
            {
                drill = await client.GetDrillAsync(drill.Id, cancellationToken);
                lastAnswer = clock.GetTimestamp();
                var couldNot = drill is { State: DrillState.Waiting, Attempt: > 0 } && drill.NextTry > clock.GetUtcNow();
                if (couldNot || drill.State is not (DrillState.Waiting or DrillState.Running))
                {
                    line.End(DrillText.State(drill));
                    return drill;
                }

                line.Report(drill.Message ?? DrillText.State(drill), 0, null);
            }
            catch (Exception e) when (IsPassing(e, cancellationToken) && clock.GetElapsedTime(lastAnswer) < LongestSilence)
            {
                line.Report("the controller can't be reached, trying again", 0, null);
            }

            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private static bool IsPassing(Exception e, CancellationToken cancellationToken) => e switch
    {
        HttpRequestException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        AdminApiException api => (int)api.Status is 429 or >= 500,
        _ => false,
    };
}
