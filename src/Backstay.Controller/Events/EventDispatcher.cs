using Backstay.Controller.Catalog;

namespace Backstay.Controller.Events;

/// <summary>Looks for events to dispatch when told that there is one, and every <see cref="LookEvery"/>.</summary>
internal sealed partial class EventDispatcher(
    EventDispatch dispatch, EventOutbox outbox, TimeProvider time, ILogger<EventDispatcher> logger) : BackgroundService
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);

    private DateTimeOffset _forgetAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                while (await dispatch.DispatchAsync(stoppingToken))
                {
                }

                if (time.GetUtcNow() >= _forgetAt)
                {
                    var forgotten = await dispatch.ForgetAsync(stoppingToken);
                    _forgetAt = time.GetUtcNow() + ForgetEvery;
                    if (forgotten > 0)
                        Log.Forgotten(logger, forgotten);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // The events wait in the catalog. Of an outage CatalogReach has told.
                if (!CatalogErrors.IsOutage(exception))
                    Log.LookFailed(logger, exception);
            }

            await outbox.WaitAsync(LookEvery, stoppingToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Events could not be sent on; they are with the next look.")]
        public static partial void LookFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Information, "{Count} events were removed as their time of retention is over.")]
        public static partial void Forgotten(ILogger logger, int count);
    }
}
