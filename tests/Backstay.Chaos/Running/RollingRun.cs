using System.Collections.Concurrent;
using Backstay.Chaos.Checking;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Running;

/// <summary>
/// An upgrade in the middle of the night: one controller after the other is told to stop, ends, and is started again, while many uploads
/// are under way. None of them may fail, and each of them has to outlast the last restart, or the run has shown nothing.
/// </summary>
internal sealed class RollingRun(ChaosOptions options, int uploads, TextWriter output, CancellationToken cancellationToken)
{
    /// <summary>A few parts, at a pace that takes an upload past three restarts on a busy machine.</summary>
    private const int SourceFiles = 6;
    private const int SourceFileSize = 4 * 1024 * 1024;
    private const string Pace = "160kB/s";

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan UploadLimit = TimeSpan.FromMinutes(5);

    private readonly long _clock = TimeProvider.System.GetTimestamp();

    /// <summary>The agents that have begun to send.</summary>
    private readonly ConcurrentDictionary<ChildProcess, bool> _sending = new();

    /// <returns>How many backups verified, and what is wrong with the others.</returns>
    public async Task<(int Good, IReadOnlyList<string> Faults)> RunAsync()
    {
        await using var site = await Site.StartAsync(options);
        var appliances = Enumerable.Range(1, uploads)
            .Select(number => new ApplianceKind($"appliance-{number}", [.. Enumerable.Repeat(SourceFileSize, SourceFiles)], Pace)).ToList();
        await using var installation = await site.InstallAsync(lane: 1, cancellationToken, appliances);
        installation.Heard = (speaker, line) =>
        {
            if (line.Contains(" goes up, ", StringComparison.Ordinal))
                _sending[speaker] = true;
        };
        await WaitAsync(() => installation.Agents.All(agent => agent.IsConnected), ConnectLimit, "not every agent connects");

        var backups = new Dictionary<AgentProcess, Guid>();
        foreach (var agent in installation.Agents)
        {
            agent.Source.Mark(agent.Process.Name);
            backups[agent] = await installation.Admin.AskAsync(
                async (client, ct) => (await client.StartBackupAsync(agent.Appliance, new BackupRequest(), ct)).Id, "POST", cancellationToken);
        }

        await WaitAsync(() => _sending.Count == uploads, UploadLimit, "not every upload gets under way");
        await TellAsync($"{uploads} uploads are under way");
        foreach (var controller in installation.Controllers)
            await RestartAsync(controller);

        var early = await EndedAsync(installation, backups);
        var faults = await Task.WhenAll(backups.Select(async backup => await FaultAsync(installation, backup.Key, backup.Value)
            ?? (early.Contains(backup.Value) ? $"{backup.Value} was over before the last controller was back: the run shows nothing of it" : null)));
        await TellAsync("Every backup has been looked at");
        return (faults.Count(fault => fault is null), [.. faults.OfType<string>()]);
    }

    private async Task RestartAsync(ControllerProcess controller)
    {
        controller.Process.Stop();
        await controller.Process.GoneAsync(cancellationToken);
        await TellAsync($"{controller.Process.Name} has ended");
        await controller.StartAsync(cancellationToken);
        await TellAsync($"{controller.Process.Name} is back");
    }

    private async Task<HashSet<Guid>> EndedAsync(Installation installation, Dictionary<AgentProcess, Guid> backups)
    {
        HashSet<Guid> ended = [];
        foreach (var (agent, id) in backups)
        {
            if (await IsOverAsync(installation, agent, id))
                ended.Add(id);
        }

        return ended;
    }

    private Task<bool> IsOverAsync(Installation installation, AgentProcess agent, Guid id) => installation.Admin.AskAsync(
        async (client, ct) => (await client.GetBackupStatusAsync(agent.Appliance, id, ct)).Status == BackupStatusWord.Done, "status", cancellationToken);

    private async Task<string?> FaultAsync(Installation installation, AgentProcess agent, Guid id)
    {
        if (!await Patience.UntilAsync(_ => IsOverAsync(installation, agent, id), UploadLimit, cancellationToken))
            return $"{id} of {agent.Process.Name} has not ended after {UploadLimit}";
        var backup = await installation.Admin.RecordAsync(agent.Appliance, id, cancellationToken);
        if (backup.Result != BackupResult.Success)
            return $"{id} of {agent.Process.Name}: {backup.Reason}: {backup.Output}";
        var faults = await new ArchiveProof(installation.Admin, installation.Folder).FaultsAsync(backup, agent.Source, cancellationToken);
        return faults.Count == 0 ? null : string.Join("; ", faults);
    }

    private async Task WaitAsync(Func<bool> condition, TimeSpan limit, string otherwise)
    {
        if (!await Patience.UntilAsync(condition, limit, cancellationToken))
            throw new OutOfPatienceException($"{otherwise} within {limit}", null);
    }

    private Task TellAsync(string what) => output.WriteLineAsync($"[{TimeProvider.System.GetElapsedTime(_clock).TotalSeconds,6:0.0} s] {what}");
}
