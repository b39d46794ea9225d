namespace Backstay.Protocol.Agent;

/// <summary>
/// The words of <c>GET /agent/v1/events</c>, a server-sent event stream (WHATWG HTML, section 9.2). They are hints: one can be
/// lost, and on every (re)connect the agent is told again of its unfinished backups.
/// </summary>
public static class AgentEvents
{
    /// <summary>Data: the id of a backup to make. Sent again on reconnect until the backup has ended.</summary>
    public const string Backup = "backup";

    /// <summary>Data: the id of a backup that has ended without the agent; stop working on it.</summary>
    public const string Cancel = "cancel";

    /// <summary>No data, every <see cref="PingInterval"/>: silence for three intervals means that the connection is dead.</summary>
    public const string Ping = "ping";

    public static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(10);
}

/// <summary>The condition of the machine, sent when the stream opens and then once a minute: <c>POST /agent/v1/health</c>.</summary>
/// <param name="Cpu">Percent, 0 to 100, over the last minute.</param>
/// <param name="Memory">Percent, 0 to 100.</param>
/// <param name="DiskTotal">Bytes of the root volume.</param>
public sealed record AgentHealth(
    string AgentVersion,
    string Hostname,
    double Cpu,
    double Memory,
    long DiskTotal,
    long DiskFree);
