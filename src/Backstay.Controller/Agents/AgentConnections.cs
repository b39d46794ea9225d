using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Threading.Channels;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Agents;

/// <summary>
/// The event streams that agents hold open to this controller. A way for hints, and nothing else: what is true is in the catalog, and
/// no answer depends on this.
/// </summary>
internal sealed class AgentConnections
{
    private readonly ConcurrentDictionary<Guid, AgentConnection> _connections = new();

    /// <summary>Those that are open now.</summary>
    public IReadOnlyCollection<AgentConnection> Open => [.. _connections.Values];

    /// <summary>Takes a connection in; an older one of the same appliance is cut, as its agent is the same or gone.</summary>
    public AgentConnection Add(AgentCaller agent)
    {
        var connection = new AgentConnection(agent.ApplianceId, agent.CredentialHash);
        AgentConnection? older = null;
        _connections.AddOrUpdate(agent.ApplianceId, connection, (_, current) =>
        {
            older = current;
            return connection;
        });
        older?.Cut();
        return connection;
    }

    /// <summary>Forgets a connection that has ended. False: a newer one has taken its place.</summary>
    public bool Remove(AgentConnection connection) =>
        _connections.TryRemove(new KeyValuePair<Guid, AgentConnection>(connection.ApplianceId, connection));

    /// <summary>There is a backup to make.</summary>
    public void HintBackup(Guid applianceId, Guid backupId) => Hint(applianceId, AgentEvents.Backup, backupId);

    /// <summary>A backup has ended without its agent.</summary>
    public void HintCancel(Guid applianceId, Guid backupId) => Hint(applianceId, AgentEvents.Cancel, backupId);

    /// <summary>Cuts the stream of an appliance whose credential is no longer good, if this controller holds it.</summary>
    public void Cut(Guid applianceId)
    {
        if (_connections.TryGetValue(applianceId, out var connection))
            connection.Cut();
    }

    private void Hint(Guid applianceId, string type, Guid backupId)
    {
        if (_connections.TryGetValue(applianceId, out var connection))
            connection.Send(type, backupId.ToString());
    }
}

/// <summary>One open event stream.</summary>
internal sealed class AgentConnection(Guid applianceId, byte[] credentialHash)
{
    private const int MaxWaiting = 64;

    // A peer that doesn't read loses the oldest hints, and hears of its backups again with a heartbeat.
    private readonly Channel<SseItem<string>> _events =
        Channel.CreateBounded<SseItem<string>>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });

    public Guid ApplianceId => applianceId;

    public byte[] CredentialHash => credentialHash;

    /// <summary>The presence lease as this connection last wrote it: the proof, when it ends, that the lease is still its own.</summary>
    public DateTimeOffset? OnlineUntil { get; set; }

    public ChannelReader<SseItem<string>> Events => _events.Reader;

    public void Send(string type, string data = "") => _events.Writer.TryWrite(new SseItem<string>(data, type));

    /// <summary>Ends the stream once what was sent before is out.</summary>
    public void Cut() => _events.Writer.TryComplete();
}
