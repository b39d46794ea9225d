using System.Collections.Concurrent;
using Backstay.Chaos.Checking;
using Backstay.Chaos.Matrix;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Running;

/// <summary>A success that is kept to be looked at again.</summary>
internal sealed record KeptBackup(Backup Backup, int Round);

/// <summary>One installation, and the rounds that it goes through one after the other.</summary>
internal sealed class Lane(int number, Installation installation, CancellationToken cancellationToken)
{
    /// <summary>Older successes of a lane are deleted, as somebody would.</summary>
    private const int Keep = 9;

    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromSeconds(60);

    /// <summary>A claim of a controller that was killed lasts two minutes, then the notification is tried again.</summary>
    private static readonly TimeSpan NotificationLimit = TimeSpan.FromSeconds(180);

    private readonly List<RoundResult> _results = [];
    private readonly ConcurrentQueue<KeptBackup> _kept = new();
    private readonly List<(RoundResult Round, Guid Backup, BackupResult Result)> _unnotified = [];

    /// <summary>Which round each backup was of.</summary>
    private readonly Dictionary<Guid, RoundResult> _rounds = [];

    public int Number => number;

    public IReadOnlyList<RoundResult> Results => _results;

    /// <summary>The oldest successes that are too many; they are given out once.</summary>
    public IEnumerable<KeptBackup> Surplus()
    {
        while (_kept.Count > Keep && _kept.TryDequeue(out var oldest))
            yield return oldest;
    }

    public async Task<RoundResult> RunAsync(RoundPlan plan)
    {
        var result = await new Round(plan, this, installation, cancellationToken).RunAsync();
        _results.Add(result);
        return result;
    }

    public void Remember(RoundResult round, Backup backup)
    {
        _rounds[backup.Id] = round;
        _unnotified.Add((round, backup.Id, backup.Result!.Value));
        if (backup.Result == BackupResult.Success)
            _kept.Enqueue(new KeptBackup(backup, round.Plan.Number));
    }

    /// <summary>Waits until everything runs and every agent is connected, as before a round.</summary>
    /// <returns>What has ended although nobody had it end, and what does not recover.</returns>
    public async Task<IReadOnlyList<string>> RecoverAsync()
    {
        var fallen = installation.Controllers.Select(controller => controller.Process).Concat(installation.Agents.Select(agent => agent.Process))
            .Where(process => process.EndedByItself is not null)
            .Select(process => $"{process.Name} ended by itself with code {process.EndedByItself}")
            .ToList();
        if (fallen.Count > 0)
            return fallen;
        return await Patience.UntilAsync(() => installation.Agents.All(agent => agent.IsConnected), RecoveryLimit, cancellationToken)
            ? []
            : [.. installation.Agents.Where(agent => !agent.IsConnected).Select(agent => $"{agent.Process.Name} does not connect again")];
    }

    /// <summary>What can only be seen once all rounds are over. What it finds counts against the round that it comes from.</summary>
    public async Task FinishAsync()
    {
        if (_results.Count == 0)
            return;
        _results[^1].Violations.AddRange(await RecoverAsync());
        await CheckNotificationsAsync(NotificationLimit);
        await CheckKeptAsync();
        await CheckLeftoversAsync();
    }

    /// <summary>Looks at the notifications of backups that have ended; those that have not come yet are looked for again later.</summary>
    public async Task CheckNotificationsAsync(TimeSpan limit)
    {
        await Patience.UntilAsync(() => _unnotified.TrueForAll(ended => installation.Receiver.Of(ended.Backup).Count > 0), limit, cancellationToken);
        var last = limit == NotificationLimit;
        foreach (var ended in _unnotified.ToList())
        {
            var arrivals = installation.Receiver.Of(ended.Backup);
            if (arrivals.Count == 0 && !last)
                continue;
            _unnotified.Remove(ended);
            if (arrivals.Count == 0)
                ended.Round.Violations.Add($"{ended.Backup}: nobody was notified of its end");
            foreach (var arrival in arrivals)
                ended.Round.Violations.AddRange(FaultsOf(arrival, ended.Backup, ended.Result));
        }
    }

    private static IEnumerable<string> FaultsOf(Arrival arrival, Guid backup, BackupResult result)
    {
        if (!arrival.Signed)
            yield return $"{backup}: its notification has a wrong signature";
        if (arrival.StatusThen is { Status: not BackupStatusWord.Done })
            yield return $"{backup}: it was notified of before its end";
        if (arrival.Notification.Data.Result != result)
            yield return $"{backup}: {arrival.Notification.Data.Result} was notified, and the status says {result}";
        if (arrival.Notification.Type != (result == BackupResult.Success ? "backup.succeeded" : "backup.failed"))
            yield return $"{backup}: {arrival.Notification.Type} was notified of a {result}";
    }

    /// <summary>What was reported as a success stays downloadable.</summary>
    private async Task CheckKeptAsync()
    {
        var proof = new ArchiveProof(installation.Admin, installation.Folder);
        foreach (var kept in _kept)
            _rounds[kept.Backup.Id].Violations.AddRange(await proof.FaultsAsync(kept.Backup, source: null, cancellationToken));
    }

    /// <summary>Nothing else is left in the store once the grace period is over, and no row of a part in the catalog.</summary>
    private async Task CheckLeftoversAsync()
    {
        var known = _kept.Select(kept => kept.Backup.Id).ToHashSet();
        var limit = Installation.OrphanGrace + Installation.OrphanGrace / 6 + TimeSpan.FromSeconds(15);
        IReadOnlyList<string> left = [];
        await Patience.UntilAsync(
            async ct =>
            {
                var rows = await installation.Catalog.CountPartsAsync(ct);
                left = [.. await installation.Store.FaultsAsync(known, ct), .. rows == 0 ? [] : new[] { $"{rows} rows of parts are left in the catalog" }];
                return left.Count == 0;
            },
            limit,
            cancellationToken);
        foreach (var what in left)
            (_rounds.FirstOrDefault(round => what.Contains($"{round.Key}", StringComparison.Ordinal)).Value ?? _results[^1]).Violations.Add(what);
        foreach (var file in installation.Agents.SelectMany(agent => Directory.EnumerateFiles(agent.StateFolder, "*.spool*", SearchOption.AllDirectories)))
            _results[^1].Violations.Add($"{file} is left on the appliance");
    }
}
