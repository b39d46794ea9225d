using System.Security.Cryptography;
using Backstay.Chaos.Checking;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Running;

/// <summary>
/// A client that knows one address, that of a plain TCP balancer, and several controllers behind it that take turns: backups, and
/// downloads in ranges, each range on a connection of its own and so from another controller.
/// </summary>
internal sealed class BalancerRun(ChaosOptions options, int backups, TextWriter output, CancellationToken cancellationToken)
{
    private const int RangesOfADownload = 4;

    private static readonly TimeSpan BackupLimit = TimeSpan.FromSeconds(60);

    private int _made;

    /// <returns>How many verified, and what is wrong with the others.</returns>
    public async Task<(int Good, IReadOnlyList<string> Faults)> RunAsync()
    {
        await using var site = await Site.StartAsync(options);
        await using var installation = await site.InstallAsync(lane: 1, cancellationToken);
        await Patience.UntilAsync(() => installation.Agents.All(agent => agent.IsConnected), BackupLimit, cancellationToken);
        var faults = await Task.WhenAll(installation.Agents.Select(agent => RunAsync(installation, agent)));
        return (backups - faults.Sum(found => found.Count), [.. faults.SelectMany(found => found)]);
    }

    private async Task<List<string>> RunAsync(Installation installation, AgentProcess agent)
    {
        List<string> faults = [];
        for (int number; (number = Interlocked.Increment(ref _made)) <= backups;)
        {
            agent.Source.Mark($"backup {number}");
            if (await FaultAsync(installation, agent) is { } fault)
                faults.Add(fault);
            await output.WriteLineAsync($"[{number}/{backups}] {agent.Process.Name}{(faults.Count > 0 ? $", {faults.Count} faults" : "")}");
        }

        return faults;
    }

    private async Task<string?> FaultAsync(Installation installation, AgentProcess agent)
    {
        try
        {
            // No patience here: nothing goes wrong in this run, so every single call has to be answered well.
            var client = installation.Admin.Client;
            var id = (await client.StartBackupAsync(agent.Appliance, new BackupRequest(), cancellationToken)).Id;
            var started = TimeProvider.System.GetTimestamp();
            while ((await client.GetBackupStatusAsync(agent.Appliance, id, cancellationToken)).Status != BackupStatusWord.Done)
            {
                if (TimeProvider.System.GetElapsedTime(started) > BackupLimit)
                    return $"{id} has not ended after {BackupLimit.TotalSeconds} s";
                await Patience.PauseAsync(cancellationToken);
            }

            var newest = new ListRequest(Range: "0-0", OrderBy: "created", Descending: true);
            var backup = (await client.ListBackupsAsync(agent.Appliance, newest, cancellationToken)).Data[0];
            if (backup.Id != id || backup.Result != BackupResult.Success)
                return $"{id}: {backup.Result} {backup.Reason}: {backup.Output}";

            var file = await DownloadAsync(installation, backup);
            var faults = await ArchiveProof.OpenAsync(backup, file, agent.Source, cancellationToken);
            File.Delete(file);
            return faults.Count == 0 ? null : string.Join("; ", faults);
        }
        catch (Exception exception) when (exception is AdminApiException or HttpRequestException or IOException or TaskCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return $"{agent.Process.Name}: {exception.Message}";
        }
    }

    private async Task<string> DownloadAsync(Installation installation, Backup backup)
    {
        var file = Path.Combine(installation.Folder, $"{backup.Id}.gpg");
        var size = backup.Size!.Value;
        var piece = (size / RangesOfADownload) + 1;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var whole = File.Create(file);
        for (long from = 0; from < size; from += piece)
        {
            // As a client resumes: from a byte on, and no further than it gets. Each time it is another connection, to another controller.
            using var range = await installation.Admin.Downloads.OpenArchiveAsync(backup.ApplianceId, backup.Id, from, unchanged: null, cancellationToken);
            var bytes = new byte[Math.Min(piece, size - from)];
            await range.Content.ReadExactlyAsync(bytes, cancellationToken);
            if (range.From != from)
                throw new IOException($"{backup.Id}: a range from {from} on was answered from {range.From} on");
            hash.AppendData(bytes);
            await whole.WriteAsync(bytes, cancellationToken);
        }

        if (Convert.ToHexStringLower(hash.GetHashAndReset()) != backup.Sha256)
            throw new IOException($"{backup.Id}: its ranges put together have another SHA-256 than the record");
        return file;
    }
}
