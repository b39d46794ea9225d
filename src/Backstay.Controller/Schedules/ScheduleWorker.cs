using Backstay.Controller.Catalog;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Schedules;

/// <summary>Looks for due runs when told that there is one, and every <see cref="ScheduleOptions.LookInterval"/>.</summary>
internal sealed partial class ScheduleWorker(
    ScheduleRunner runner, ScheduleHint hint, IOptions<ScheduleOptions> options, ILogger<ScheduleWorker> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await runner.LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (CatalogErrors.IsOutage(exception))
            {
                // CatalogReach has told.
            }
            catch (Exception exception)
            {
                Log.LookFailed(logger, exception);
            }

            await hint.WaitAsync(options.Value.LookInterval, stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Due runs of schedules could not be looked for; they are with the next look.")]
        public static partial void LookFailed(ILogger logger, Exception exception);
    }
}
