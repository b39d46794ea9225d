using Backstay.Controller.Catalog;
using Backstay.Protocol.Agent;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Agents;

/// <summary>
/// Keeps the presence leases of the agents connected to this controller, so that every controller knows who is online; pings them;
/// tells them again of backups that wait for them (a hint may have been lost on the way to the agent); cuts the
/// streams of those whose credential is no longer good, and those that are dead without having said so: their agent has opened a newer one,
/// whose id is in the row, on another controller.
/// </summary>
/// <remarks>One statement for hundreds of agents: ten thousand of them cost twenty small transactions a heartbeat.</remarks>
internal sealed partial class AgentPresence(
    IDbContextFactory<CatalogContext> catalogs, WriteGate gate, AgentConnections connections, TimeProvider time, ILogger<AgentPresence> logger)
    : BackgroundService
{
    /// <summary>Three heartbeats: one that is late doesn't make anyone offline.</summary>
    public static readonly TimeSpan Lease = 3 * AgentEvents.PingInterval;

    private const int Chunk = 500;

    /// <summary>The agent is online. False: its credential was revoked a moment ago.</summary>
    public async Task<bool> BeginAsync(CatalogContext catalog, AgentConnection connection, Guid instance, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using (await gate.EnterAsync(cancellationToken))
        {
            var online = await catalog.Appliances
                .Where(a => a.Id == connection.ApplianceId && a.CredentialHash == connection.CredentialHash)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(a => a.OnlineUntil, now + Lease)
                        .SetProperty(a => a.StreamId, connection.StreamId)
                        .SetProperty(a => a.LastSeen, now)
                        .SetProperty(a => a.AgentInstance, instance),
                    cancellationToken);
            connection.HasBegun = online == 1;
            return connection.HasBegun;
        }
    }

    /// <summary>The agent is offline, unless it is connected elsewhere: then the lease in the row is of another stream.</summary>
    public async Task EndAsync(AgentConnection connection)
    {
        try
        {
            await using var catalog = await catalogs.CreateDbContextAsync(CancellationToken.None);
            using (await gate.EnterAsync(CancellationToken.None))
            {
                var now = time.GetUtcNow();
                await catalog.Appliances
                    .Where(a => a.Id == connection.ApplianceId && a.StreamId == connection.StreamId)
                    .ExecuteUpdateAsync(
                        set => set.SetProperty(a => a.OnlineUntil, (DateTimeOffset?)null).SetProperty(a => a.LastSeen, now), CancellationToken.None);
            }
        }
        catch (Exception exception) when (CatalogErrors.IsOutage(exception))
        {
            // CatalogReach has told, and the lease ends by itself.
        }
        catch (Exception exception)
        {
            Log.NotCleared(logger, connection.ApplianceId, exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(AgentEvents.PingInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await BeatAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    internal async Task BeatAsync(CancellationToken cancellationToken)
    {
        var open = connections.Open;
        foreach (var connection in open)
            connection.Ping();

        // One that is just being opened isn't in its row yet.
        foreach (var chunk in open.Where(c => c.HasBegun).Chunk(Chunk))
            await BeatAsync(chunk, cancellationToken);
    }

    private async Task BeatAsync(AgentConnection[] open, CancellationToken cancellationToken)
    {
        try
        {
            await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
            var ids = open.Select(c => c.ApplianceId).ToList();
            var rows = await catalog.Appliances
                .Where(a => EF.Parameter(ids).Contains(a.Id))
                .Select(a => new { a.Id, a.CredentialHash, a.StreamId })
                .ToDictionaryAsync(a => a.Id, cancellationToken);
            var good = open.ToLookup(c => rows.GetValueOrDefault(c.ApplianceId) is { CredentialHash: { } hash } row
                && hash.AsSpan().SequenceEqual(c.CredentialHash) && row.StreamId == c.StreamId);
            foreach (var connection in good[false])
                connection.Cut();

            await RenewAsync(catalog, [.. good[true]], cancellationToken);
            var waiting = await catalog.Backups
                .Where(b => b.State == BackupState.Pending && b.Admitted != null && EF.Parameter(ids).Contains(b.ApplianceId))
                .Select(b => new { b.ApplianceId, b.Id })
                .ToListAsync(cancellationToken);
            foreach (var backup in waiting)
                connections.Deliver(AgentHint.Backup(backup.ApplianceId, backup.Id));
        }
        catch (Exception exception) when (CatalogErrors.IsOutage(exception))
        {
            // CatalogReach has told.
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Log.NotRenewed(logger, exception);
        }
    }

    private async Task RenewAsync(CatalogContext catalog, IReadOnlyList<AgentConnection> good, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (ids, streams) = (good.Select(c => c.ApplianceId).ToList(), good.Select(c => (Guid?)c.StreamId).ToList());
        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Appliances
                .Where(a => EF.Parameter(ids).Contains(a.Id) && EF.Parameter(streams).Contains(a.StreamId))
                .ExecuteUpdateAsync(
                    set => set.SetProperty(a => a.OnlineUntil, now + Lease).SetProperty(a => a.LastSeen, now), cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The presence of agents could not be renewed; it is tried again with the next heartbeat.")]
        public static partial void NotRenewed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "The presence of appliance {Appliance} could not be cleared; it ends by itself.")]
        public static partial void NotCleared(ILogger logger, Guid appliance, Exception exception);
    }
}
