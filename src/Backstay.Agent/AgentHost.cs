using Backstay.Agent.Backup;
using Backstay.Agent.Configuration;
using Backstay.Agent.Connection;
using Backstay.Agent.Drills;
using Backstay.Agent.Enrolment;
using Backstay.Agent.Platform;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent;

/// <summary>The long-running agent: listens to its controllers, and makes the backups that they ask for; drills, where it is configured to.</summary>
internal sealed partial class AgentHost(
    AgentSettings settings, StateFolder state, EnrolmentRecord enrolment, SystemdNotifier systemd, TimeProvider time, ILogger logger)
{
    /// <summary>Tells this process from the one before it.</summary>
    private readonly Guid _instance = Guid.NewGuid();

    /// <summary>Runs until it is cancelled, and then until a backup under way has been given up in good order.</summary>
    /// <exception cref="CredentialRevokedException">The controllers don't accept us.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (ProcessPriority.Lower(settings.Nice, settings.IoClass) is { } refused)
            Log.PriorityRefused(logger, refused);

        var spool = new SpoolFolder(settings.SpoolDirectory ?? state.DefaultSpool);
        spool.Sweep();

        using var http = PinnedHandler.CreateClient(enrolment.Pins);
        var addresses = new AgentClientAddresses(enrolment.Controllers);
        var client = new AgentClient(http, addresses, enrolment.Credential, time);
        string[] ownFolders = [state.Path, spool.Path, .. settings.Drill?.ScratchDirectory is { } restored ? [restored] : Array.Empty<string>()];
        var queue = new BackupQueue(
            async (backup, cancelled, ending) =>
            {
                systemd.Status($"Backup {backup}");
                var run = new BackupRun(client, settings, ownFolders, spool, _instance, backup, time, logger);
                var outcome = await run.RunAsync(cancelled, ending);
                systemd.Status($"Last backup {backup}: {outcome}");
            },
            logger);
        var link = new ControllerLink(client, addresses, _instance, new MachineHealth("/proc"), time, logger)
        {
            BackupAsked = queue.Add,
            BackupCancelled = queue.Cancel,
            StatusChanged = systemd.Status,
        };

        Log.Started(logger, AgentVersion.Current, enrolment.ApplianceName, enrolment.ApplianceId);
        systemd.Ready("Connecting");
        try
        {
            await using var parts = new StageGroup(stopping);
            parts.Start(link.RunAsync);
            parts.Start(queue.RunAsync);
            if (settings.Drill is { } drill)
            {
                var scratch = new ScratchFolder(drill.ScratchDirectory ?? state.DefaultScratch, time, logger);
                parts.Start(new DrillWorker(client, drill, scratch, time, logger).RunAsync);
            }

            await parts.WhenAllAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            systemd.Stopping();
            Log.Stopped(logger);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "backstay-agent {Version} for appliance {Name} ({Id}).")]
        public static partial void Started(ILogger logger, string version, string name, Guid id);

        [LoggerMessage(LogLevel.Information, "Stopped.")]
        public static partial void Stopped(ILogger logger);

        [LoggerMessage(LogLevel.Warning, "The priority can't be lowered, backups run at the usual one: {Reason}")]
        public static partial void PriorityRefused(ILogger logger, string reason);
    }
}
