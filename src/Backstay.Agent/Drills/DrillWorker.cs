using Backstay.Agent.Configuration;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Drills;

/// <summary>Asks the controllers for drills, and does one at a time. Only in an agent that is configured for it.</summary>
internal sealed partial class DrillWorker(AgentClient client, DrillSettings settings, ScratchFolder scratch, TimeProvider time, ILogger logger)
{
    /// <summary>When no controller answered, or said that this machine may not.</summary>
    private static readonly TimeSpan Refused = TimeSpan.FromSeconds(10);

    /// <summary>After a mistake of ours, which may come again.</summary>
    private static readonly TimeSpan Broken = TimeSpan.FromMinutes(1);

    private string? _said;

    /// <summary>Runs until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await scratch.SweepAsync(stopping);
        while (true)
        {
            var (reply, offer) = await client.ClaimDrillAsync(stopping);
            if (offer?.Drill is { } drill)
            {
                _said = null;
                await DoAsync(drill, stopping);
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                continue;
            }

            if (offer is null && _said != reply.Message)
                Log.NotAsked(logger, reply.Message);
            _said = offer is null ? reply.Message : null;
            await Task.Delay(offer is null ? Refused : TimeSpan.FromSeconds(Math.Clamp(offer.AskAgainSeconds, 1, 3600)), time, stopping);
        }
    }

    private async Task DoAsync(DrillAssignment drill, CancellationToken stopping)
    {
        try
        {
            await new DrillRun(client, settings, scratch, drill, time, logger).RunAsync(stopping);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            // A mistake of ours ends neither the agent nor its backups; the lease gives the drill to another try.
            Log.Broke(logger, drill.DrillId, e);
            await Task.Delay(Broken, time, stopping);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "No drill is asked for: {Reason}")]
        public static partial void NotAsked(ILogger logger, string reason);

        [LoggerMessage(LogLevel.Error, "Drill {Drill} broke off.")]
        public static partial void Broke(ILogger logger, Guid drill, Exception exception);
    }
}
