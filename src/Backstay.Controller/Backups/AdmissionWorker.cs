using Backstay.Controller.Catalog;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>Admits waiting backups when told that there may be room, and looks by itself all the while: nothing waits for ever.</summary>
internal sealed partial class AdmissionWorker(
    Admission admission, AdmissionHint hint, IOptions<BackupOptions> options, ILogger<AdmissionWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await admission.AdmitAsync(stoppingToken);
            }
            catch (Exception exception) when (CatalogErrors.IsOutage(exception))
            {
                // CatalogReach has told.
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.NotAdmitted(logger, exception);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await hint.WaitAsync(options.Value.SweepInterval, stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Waiting backups could not be admitted; it is tried again in a moment.")]
        public static partial void NotAdmitted(ILogger logger, Exception exception);
    }
}
