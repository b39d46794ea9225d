using Backstay.Controller.Catalog;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>Sweeps again and again, and says when agents can be heard: on a busy machine a start takes many seconds, in which none is.</summary>
internal sealed partial class BackupSweepWorker(
    BackupSweep sweep, IOptions<BackupOptions> options, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<BackupSweepWorker> logger)
    : BackgroundService
{
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(sweep.Listen);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        try
        {
            do
            {
                try
                {
                    await sweep.SweepAsync(stoppingToken);
                }
                catch (Exception exception) when (CatalogErrors.IsOutage(exception))
                {
                    // CatalogReach has told.
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    Log.SweepFailed(logger, exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The sweep of unfinished backups failed; it is tried again with the next one.")]
        public static partial void SweepFailed(ILogger logger, Exception exception);
    }
}
