using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Agents;

/// <summary>
/// Hears the hints of other controllers, and is the net beneath them: looks for backups that wait for the agents of this controller,
/// whichever controller they were asked for at. One query by index for all agents; it says each backup once to a connection (the
/// heartbeat repeats it).
/// </summary>
internal sealed partial class HintReceiver(
    IHintChannel channel, IDbContextFactory<CatalogContext> catalogs, AgentConnections connections, TimeProvider time,
    ILogger<HintReceiver> logger) : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private bool _failing;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(channel.ListenAsync(stoppingToken), PollAsync(stoppingToken));

    private async Task PollAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                try
                {
                    await LookAsync(stoppingToken);
                    _failing = false;
                }
                catch (Exception exception) when (CatalogErrors.IsOutage(exception))
                {
                    // CatalogReach has told.
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    if (!_failing)
                        Log.LookFailed(logger, exception);
                    _failing = true;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        if (connections.IsEmpty)
            return;

        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        var waiting = catalog.Backups.AsNoTracking()
            .Where(b => b.State == BackupState.Pending && b.Admitted != null)
            .Select(b => new { b.ApplianceId, b.Id })
            .AsAsyncEnumerable();
        await foreach (var backup in waiting.WithCancellation(cancellationToken))
            connections.DeliverOnce(AgentHint.Backup(backup.ApplianceId, backup.Id));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The catalog can't be asked for backups that wait. It is asked again every other second.")]
        public static partial void LookFailed(ILogger logger, Exception exception);
    }
}
