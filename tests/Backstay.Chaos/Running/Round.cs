using System.Collections.Concurrent;
using System.Net;
using Backstay.Chaos.Checking;
using Backstay.Chaos.Matrix;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Running;

// One round:
//
//  1. Everything runs and is connected. Every source gets a mark of its own.
//  2. The fault is armed; a backup of every appliance is asked for.
//  3. Every backup has to end within its bound, whatever happens meanwhile.
//  4. What ended as a success is downloaded, opened and compared; what ended otherwise needs a reason that the fault can cost.
//  5. Old successes are deleted.
//  6. Everything is put right again, and what has come of it is still so. Notifications are looked at.

/// <summary>Backups of every appliance of an installation, and one fault.</summary>
internal sealed class Round(RoundPlan plan, Lane lane, Installation installation, CancellationToken cancellationToken)
{
    /// <summary>What a busy machine may add to every bound.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan NotificationsNow = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<Guid, AgentProcess> _owners = new();
    private readonly DateTimeOffset _started = TimeProvider.System.GetUtcNow();
    private readonly long _clock = TimeProvider.System.GetTimestamp();

    /// <summary>
    /// A backup that is never begun ends after the time to pick it up, one that is begun after a lease without news; and agents get
    /// another lease after a time when nobody could hear them.
    /// </summary>
    private TimeSpan Bound => plan.Down + Installation.PickUp + Installation.Lease + Installation.Lease + Slack;

    public async Task<RoundResult> RunAsync()
    {
        List<string> violations = [];
        List<Backup> ended = [];
        var injection = new Injection(plan, installation, id => _owners.GetValueOrDefault(id), cancellationToken);
        try
        {
            violations.AddRange(await lane.RecoverAsync()); // 1.
            foreach (var agent in installation.Agents)
            {
                _owners[agent.Appliance] = agent;
                agent.Source.Mark($"round {plan.Number} {plan} of {agent.Appliance}");
            }

            injection.Arm(); // 2.
            foreach (var (backup, endless) in await Task.WhenAll(installation.Agents.Select(BackUpAsync))) // 3.
            {
                if (backup is null)
                    violations.Add(endless!);
                else
                    ended.Add(backup);
            }

            foreach (var backup in ended.Where(backup => backup.Result == BackupResult.Success)) // 4.
                violations.AddRange(await ProveAsync(backup));
            foreach (var surplus in lane.Surplus()) // 5.
                await DeleteAsync(surplus.Backup);
            await injection.FinishAsync(); // 6.
            foreach (var backup in ended)
                violations.AddRange(await CheckAsync(backup, injection));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            violations.Add(exception is OutOfPatienceException or AdminApiException ? exception.Message : $"the round broke off: {exception}");
            await injection.FinishAsync();
        }

        var slowest = ended.Select(backup => backup.Ended!.Value - backup.Created).DefaultIfEmpty().Max();
        var result = new RoundResult(
            plan, lane.Number, injection.Struck is not null || plan.Fault.Victim == Victim.Nobody, [.. ended.Select(backup => backup.Reason)],
            slowest, TimeProvider.System.GetElapsedTime(_clock), violations);
        foreach (var backup in ended)
            lane.Remember(result, backup);
        await lane.CheckNotificationsAsync(NotificationsNow);
        return result;
    }

    /// <summary>A backup that has ended; or the words that say what never came.</summary>
    private async Task<(Backup? Ended, string? Endless)> BackUpAsync(AgentProcess agent)
    {
        try
        {
            var id = await AskForAsync(agent);
            _owners[id] = agent;
            BackupStatus? status = null;
            var over = await Patience.UntilAsync(
                async ct => (status = await installation.Admin.Client.GetBackupStatusAsync(agent.Appliance, id, ct)).Status == BackupStatusWord.Done,
                Bound, cancellationToken);
            return over
                ? (await installation.Admin.RecordAsync(agent.Appliance, id, cancellationToken), null)
                : (null, $"{id} of {agent.Process.Name} has not ended after {Bound.TotalSeconds:0} s: {status}");
        }
        catch (Exception exception) when (exception is OutOfPatienceException or AdminApiException)
        {
            return (null, $"{agent.Process.Name}: {exception.Message}");
        }
    }

    /// <summary>
    /// As a careful client does it: when a request has no answer, it looks whether there is a backup now before it asks again.
    /// </summary>
    private Task<Guid> AskForAsync(AgentProcess agent)
    {
        var asked = false;
        return Patience.AskAsync(
            async ct =>
            {
                if (asked && await NewestAsync(agent.Appliance, ct) is { } made && made.Created >= _started)
                    return made.Id;
                asked = true;
                try
                {
                    var request = new BackupRequest(NotifyUrl: installation.Receiver.Url);
                    return (await installation.Admin.Client.StartBackupAsync(agent.Appliance, request, ct)).Id;
                }
                catch (AdminApiException refused) when (refused.Status == HttpStatusCode.PreconditionFailed)
                {
                    // Offline for a moment, or busy with the one that nobody answered for.
                    throw new HttpRequestException(refused.Message);
                }
            },
            Bound, $"no backup of {agent.Process.Name} can be started", cancellationToken);
    }

    private async Task<Backup?> NewestAsync(Guid appliance, CancellationToken token)
    {
        var newest = new ListRequest(Range: "0-0", OrderBy: "created", Descending: true);
        return (await installation.Admin.Client.ListBackupsAsync(appliance, newest, token)).Data is [var backup, ..] ? backup : null;
    }

    private Task<IReadOnlyList<string>> ProveAsync(Backup backup) =>
        new ArchiveProof(installation.Admin, installation.Folder).FaultsAsync(backup, _owners[backup.Id].Source, cancellationToken);

    private async Task DeleteAsync(Backup backup)
    {
        await installation.Admin.AskAsync(
            async (client, ct) =>
            {
                try
                {
                    await client.DeleteBackupAsync(backup.ApplianceId, backup.Id, ct);
                }
                catch (AdminApiException gone) when (gone.Status == HttpStatusCode.NotFound)
                {
                    // The answer to the first request was lost.
                }

                return true;
            },
            "DELETE", cancellationToken);
    }

    private async Task<IReadOnlyList<string>> CheckAsync(Backup backup, Injection injection)
    {
        List<string> violations = [];
        var status = await installation.Admin.AskAsync(
            (client, ct) => client.GetBackupStatusAsync(backup.ApplianceId, backup.Id, ct), "status", cancellationToken);
        if (status.Status != BackupStatusWord.Done || status.Result != backup.Result)
            violations.Add($"{backup.Id} was {backup.Result} and is {status.Status}, {status.Result} now");
        if (backup.Result == BackupResult.Success)
            return violations;

        if (backup.Reason is not { } reason || string.IsNullOrWhiteSpace(status.Output))
            violations.Add($"{backup.Id} failed without a reason or without a text");
        else if (!MayFail(_owners[backup.Id], injection, reason))
            violations.Add($"{backup.Id} of {_owners[backup.Id].Process.Name} failed as {reason}, which {plan.Fault} must not cost: {status.Output}");
        return violations;
    }

    /// <summary>Only who was hit may fail, and only for a reason that the fault gives.</summary>
    private bool MayFail(AgentProcess agent, Injection injection, FailureReason reason) =>
        injection.Struck is not null && (plan.Fault.Victim != Victim.Agent || injection.Agent == agent) && plan.Fault.MayCost.Contains(reason);
}
