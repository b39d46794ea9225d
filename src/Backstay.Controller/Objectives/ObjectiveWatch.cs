using Backstay.Controller.Catalog;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Objectives;

/// <summary>Does the rounds of the watch, each on one of all controllers.</summary>
internal sealed partial class ObjectiveWatch(
    IServiceScopeFactory scopes, IOptions<ObjectiveOptions> options, TimeProvider time, ILogger<ObjectiveWatch> logger) : BackgroundService
{
    /// <summary>Oftener than a round is due: the controller that looked first last time may be gone.</summary>
    private TimeSpan Pause => options.Value.Interval / 2;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            do
            {
                try
                {
                    await LookAsync(stoppingToken);
                }
                catch (Exception exception) when (CatalogErrors.IsOutage(exception))
                {
                    // CatalogReach has told.
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    Log.Failed(logger, exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    /// <summary>Does a round if one is due.</summary>
    /// <returns>Whether there was one.</returns>
    internal async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var round = scope.ServiceProvider.GetRequiredService<WatchRound>();
        if (!await round.TakeAsync(cancellationToken))
            return false;
        await round.RunAsync(cancellationToken);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Appliances could not be compared with their objectives; they are with the next round.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
