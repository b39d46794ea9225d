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

    public bool IsEmpty => _connections.IsEmpty;

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

    /// <summary>Sends a hint to its agent, if this controller holds the stream.</summary>
    public void Deliver(AgentHint hint)
    {
        if (!_connections.TryGetValue(hint.ApplianceId, out var connection))
            return;

        if (hint.IsCut)
            connection.Cut();
        else
            connection.Send(hint);
    }

    /// <summary>Sends a hint, unless it was the last one that the connection had.</summary>
    public void DeliverOnce(AgentHint hint)
    {
        if (_connections.TryGetValue(hint.ApplianceId, out var connection) && connection.LastHint != hint)
            Deliver(hint);
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

    /// <summary>Of this stream, as it is in the appliance's row while no newer one has taken its place.</summary>
    public Guid StreamId { get; } = Guid.NewGuid();

    /// <summary>The appliance's row has the id of this stream, or had it.</summary>
    public bool HasBegun { get; set; }

    public AgentHint? LastHint { get; private set; }

    public ChannelReader<SseItem<string>> Events => _events.Reader;

    public void Ping() => _events.Writer.TryWrite(new SseItem<string>("", AgentEvents.Ping));

    public void Send(AgentHint hint)
    {
        LastHint = hint;
        _events.Writer.TryWrite(new SseItem<string>(hint.BackupId.ToString(), hint.Type));
    }

    /// <summary>Ends the stream once what was sent before is out.</summary>
    public void Cut() => _events.Writer.TryComplete();
}
