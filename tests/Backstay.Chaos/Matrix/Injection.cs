using System.Text.RegularExpressions;
using Backstay.Chaos.Running;

namespace Backstay.Chaos.Matrix;

/// <summary>
/// Waits for the moment of a round, strikes, and puts things right again some time later. It strikes on the thread that read the line,
/// so that little lies between the moment and the blow.
/// </summary>
internal sealed partial class Injection(RoundPlan plan, Installation installation, Func<Guid, AgentProcess?> ownerOf, CancellationToken cancellationToken)
{
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    private readonly Lock _lock = new();
    private int _seen;
    private bool _closed;
    private Task _strike = Task.CompletedTask;
    private Task _repair = Task.CompletedTask;

    /// <summary>When it struck; null when its moment hasn't come.</summary>
    public DateTimeOffset? Struck { get; private set; }

    /// <summary>When everything runs again; null as long as it doesn't.</summary>
    public DateTimeOffset? Repaired { get; private set; }

    /// <summary>The agent that was hit, where one was.</summary>
    public AgentProcess? Agent { get; private set; }

    /// <summary>To be called once the backups are about to be asked for.</summary>
    public void Arm()
    {
        if (plan.Fault.Victim == Victim.Nobody)
            return;
        if (plan.Moment.Teller == Teller.Clock)
        {
            _strike = StrikeLaterAsync(null, "", _over.Token);
            return;
        }

        installation.Heard = Hear;
        installation.Receiver.Received = backup =>
        {
            if (plan.Moment.Teller == Teller.Receiver)
                Count(null, $"{backup}");
        };
    }

    /// <summary>No further moment counts; returns when everything runs again.</summary>
    public async Task FinishAsync()
    {
        installation.Heard = null;
        installation.Receiver.Received = null;
        lock (_lock)
        {
            _closed = true;
        }

        await _over.CancelAsync();
        await _strike;
        await _repair;
    }

    private void Hear(ChildProcess speaker, string line)
    {
        var teller = installation.Agents.Any(agent => agent.Process == speaker) ? Teller.Agent : Teller.Controller;
        if (teller == plan.Moment.Teller && plan.Moment.IsToldBy(line))
            Count(speaker, line);
    }

    private void Count(ChildProcess? speaker, string line)
    {
        lock (_lock)
        {
            if (_closed || ++_seen != plan.Occurrence)
                return;
            if (plan.After == TimeSpan.Zero)
                Strike(speaker, line);
            else
                _strike = StrikeLaterAsync(speaker, line, cancellationToken);
        }
    }

    private async Task StrikeLaterAsync(ChildProcess? speaker, string line, CancellationToken over)
    {
        try
        {
            await Task.Delay(plan.After, TimeProvider.System, over);
            Strike(speaker, line);
        }
        catch (OperationCanceledException)
        {
            // The round was over before.
        }
    }

    private void Strike(ChildProcess? speaker, string line)
    {
        Action repair = () => { };
        IBackingServer? server = null;
        List<ChildProcess> processes = [];
        switch (plan.Fault.Victim)
        {
            case Victim.Agent:
                Agent = installation.Agents.FirstOrDefault(agent => agent.Process == speaker) ?? NamedIn(line)
                    ?? installation.Agents[plan.Index % installation.Agents.Count];
                processes.Add(Agent.Process);
                break;
            case Victim.Controller:
                processes.Add((installation.Controllers.FirstOrDefault(controller => controller.Process == speaker)
                    ?? installation.Controllers[plan.Index % installation.Controllers.Count]).Process);
                break;
            case Victim.EveryController:
                processes.AddRange(installation.Controllers.Select(controller => controller.Process));
                break;
            case Victim.Network:
                foreach (var relay in installation.Network)
                    repair += Hit(relay);
                break;
            case Victim.CatalogLink:
                repair = Hit(installation.Catalog.Server!.Link);
                break;
            case Victim.StoreLink:
                repair = Hit(installation.Store.Server!.Link);
                break;
            case Victim.CatalogServer:
                server = installation.Catalog.Server;
                break;
            case Victim.StoreServer:
                server = installation.Store.Server;
                break;
        }

        foreach (var process in processes)
        {
            Action<ChildProcess> hit = plan.Fault.Blow switch
            {
                Blow.Kill => p => p.Kill(),
                Blow.Stop => p => p.Stop(),
                Blow.Freeze => p => p.Freeze(),
                _ => throw new InvalidOperationException($"{plan.Fault.Blow} is nothing that happens to a process"),
            };
            hit(process);
        }

        var killed = server?.KillAsync(cancellationToken) ?? Task.CompletedTask;
        Struck = TimeProvider.System.GetUtcNow();
        _repair = RepairAsync(processes, repair, server, killed);
    }

    private Action Hit(TestServers.Relay relay)
    {
        if (plan.Fault.Blow == Blow.Cut)
        {
            relay.Cut();
            return relay.Join;
        }

        relay.Stall();
        return relay.Flow;
    }

    private async Task RepairAsync(List<ChildProcess> processes, Action repair, IBackingServer? server, Task killed)
    {
        await killed;
        await Task.Delay(plan.Down, TimeProvider.System, cancellationToken);
        repair();
        if (server is not null)
            await server.RestartAsync(cancellationToken);
        await Task.WhenAll(processes.Select(RepairAsync));
        Repaired = TimeProvider.System.GetUtcNow();
    }

    private async Task RepairAsync(ChildProcess process)
    {
        if (plan.Fault.Blow == Blow.Freeze)
        {
            process.Thaw();
            return;
        }

        await process.GoneAsync(cancellationToken);
        if (installation.Controllers.FirstOrDefault(controller => controller.Process == process) is { } controller)
            await controller.StartAsync(cancellationToken);
        else
            installation.Agents.First(agent => agent.Process == process).Start();
    }

    /// <summary>The agent whose appliance or backup a line names.</summary>
    private AgentProcess? NamedIn(string line) =>
        Ids().Matches(line).Select(id => ownerOf(Guid.Parse(id.Value))).FirstOrDefault(agent => agent is not null);

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Ids();
}
