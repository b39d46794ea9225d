using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Agents;

/// <summary>The event stream of an agent. Being connected is being online.</summary>
internal static class AgentEventStream
{
    private const int TcpUserTimeout = 18; // linux/tcp.h

    /// <summary>A peer that acknowledges nothing for that long is gone, without having said so.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    public static async Task<Results<ServerSentEventsResult<string>, ApiErrorResult>> HandleAsync(
        Guid? instance, AgentCaller agent, HttpContext http, AgentConnections connections, AgentPresence presence,
        IDbContextFactory<CatalogContext> catalogs, Drain drain, CancellationToken cancellationToken)
    {
        if (instance is null || instance == Guid.Empty)
            return ApiErrors.BadRequest("instance is missing in the query: the UUID of this agent process, as in OpenSession.");

        DetectDeadPeer(http);
        var connection = connections.Add(agent);
        try
        {
            // The request's own context would be kept as long as the stream lasts.
            await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
            if (!await presence.BeginAsync(catalog, connection, instance.Value, cancellationToken))
            {
                connections.Remove(connection);
                return ApiErrors.Unauthorized();
            }

            // What was asked for while nobody listened, or while the connection was being made.
            connection.Ping();
            var unfinished = await catalog.Backups
                .Where(b => b.ApplianceId == agent.ApplianceId && b.State < BackupState.Succeeded && b.Admitted != null)
                .Select(b => b.Id)
                .ToListAsync(cancellationToken);
            foreach (var backup in unfinished)
                connection.Send(AgentHint.Backup(agent.ApplianceId, backup));
        }
        catch
        {
            // No stream comes of it, and nobody is to be kept online by one.
            connections.Remove(connection);
            throw;
        }

        return TypedResults.ServerSentEvents(StreamAsync(connection, connections, presence, drain, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<string>> StreamAsync(
        AgentConnection connection,
        AgentConnections connections,
        AgentPresence presence,
        Drain drain,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, drain.Over);
        try
        {
            while (await MoreAsync(connection, stop.Token))
            {
                while (connection.Events.TryRead(out var item))
                    yield return item;
            }
        }
        finally
        {
            // When it is the controller that goes, the agent is as good as online: it is about to connect again. When a newer
            // connection of this appliance has come, the presence is that one's.
            if (connections.Remove(connection) && !drain.Over.IsCancellationRequested)
                await presence.EndAsync(connection);
        }
    }

    /// <summary>False when the stream ends: by either side, or because it was cut.</summary>
    private static async Task<bool> MoreAsync(AgentConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            return await connection.Events.WaitToReadAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Otherwise a machine whose power was cut would stay online until TCP gives up, after a quarter of an hour.</summary>
    private static void DetectDeadPeer(HttpContext http)
    {
        if (OperatingSystem.IsLinux() && http.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            socket.SetRawSocketOption(
                (int)SocketOptionLevel.Tcp, TcpUserTimeout, BitConverter.GetBytes((int)Silence.TotalMilliseconds));
        }
    }
}
