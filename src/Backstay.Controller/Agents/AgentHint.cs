using Backstay.Protocol.Agent;

namespace Backstay.Controller.Agents;

/// <summary>
/// Something for an agent to look at. It carries no truth: what it says is in the catalog, and an agent that never gets it hears of it
/// from a poll, or by being refused.
/// </summary>
/// <param name="Type">A word of <see cref="AgentEvents"/>, or <see cref="CutWord"/>.</param>
/// <param name="BackupId">Of a backup to make or to stop.</param>
internal sealed record AgentHint(string Type, Guid ApplianceId, Guid BackupId)
{
    private const string CutWord = "cut";

    /// <summary>There is a backup to make.</summary>
    public static AgentHint Backup(Guid applianceId, Guid backupId) => new(AgentEvents.Backup, applianceId, backupId);

    /// <summary>A backup has ended without its agent.</summary>
    public static AgentHint Cancel(Guid applianceId, Guid backupId) => new(AgentEvents.Cancel, applianceId, backupId);

    /// <summary>The appliance's credential is no longer good: its stream is to end.</summary>
    public static AgentHint Cut(Guid applianceId) => new(CutWord, applianceId, Guid.Empty);

    public bool IsCut => Type == CutWord;

    /// <summary>Three words, for a channel between controllers.</summary>
    public override string ToString() => $"{Type} {ApplianceId} {BackupId}";

    /// <summary>Null for what isn't a hint of this version.</summary>
    public static AgentHint? Parse(string text) =>
        text.Split(' ') is [AgentEvents.Backup or AgentEvents.Cancel or CutWord, var appliance, var backup]
        && Guid.TryParse(appliance, out var applianceId) && Guid.TryParse(backup, out var backupId)
            ? new(text.Split(' ')[0], applianceId, backupId)
            : null;
}

/// <summary>
/// Step 2: takes a hint to the controller that holds the agent's event stream. Sent after the commit of what it speaks of. It may be
/// lost, and never fails: beneath every channel lies <see cref="HintReceiver"/>.
/// </summary>
internal interface IHintChannel
{
    Task SendAsync(AgentHint hint);

    /// <summary>Delivers what other controllers send to agents of this one, until it is cancelled; then it ends without an exception.</summary>
    Task ListenAsync(CancellationToken stoppingToken);
}

/// <summary>To the streams of this controller alone: all there is to do when the catalog belongs to one machine. Controllers that share an SQLite file have the poll.</summary>
internal sealed class LocalHints(AgentConnections connections) : IHintChannel
{
    public Task SendAsync(AgentHint hint)
    {
        connections.Deliver(hint);
        return Task.CompletedTask;
    }

    public Task ListenAsync(CancellationToken stoppingToken) => Task.CompletedTask;
}
