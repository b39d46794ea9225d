using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Retention;

/// <summary>
/// Does the rounds of retention, each on one of all controllers: who moves the time of the next round on, by compare-and-set, does it.
/// One that dies in the middle leaves the rest to the next round.
/// </summary>
internal sealed partial class RetentionWorker(
    IServiceScopeFactory scopes, RetentionHealth health, IOptions<RetentionOptions> options, TimeProvider time, ILogger<RetentionWorker> logger)
    : BackgroundService
{
    /// <summary>Oftener than a round is due: the controller that looked first last time may be gone.</summary>
    private TimeSpan Pause => options.Value.Interval / 5;

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
    /// <returns>How many backups went; null when there was no round.</returns>
    internal async Task<int?> LookAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var clock = services.GetRequiredService<RetentionClock>();
        var reading = await clock.ReadAsync(cancellationToken);
        if (health.Judge(reading) && !reading.Trusted)
            Log.Distrusted(logger, reading.Now, reading.Witness, reading.Tolerance);
        if (!reading.Trusted || !await clock.TakeRoundAsync(reading, cancellationToken))
            return null;

        await services.GetRequiredService<StoredProtection>().CarryAllAsync(cancellationToken);
        var pruned = await services.GetRequiredService<Pruning>().RunAsync(reading.Now, cancellationToken);
        if (pruned > 0)
            Log.Done(logger, pruned);
        return pruned;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Retention let {Count} backups go.")]
        public static partial void Done(ILogger logger, int count);

        [LoggerMessage(LogLevel.Error,
            "The clock says {Now}, the last time that was believed is {LastSeen}, and more than {Tolerance} lies between them. Nothing is pruned, "
            + "and no lock ends, until the clock is right or an administrator confirms it: backstay retention confirm-clock")]
        public static partial void Distrusted(ILogger logger, DateTimeOffset now, DateTimeOffset? lastSeen, TimeSpan tolerance);

        [LoggerMessage(LogLevel.Error, "The round of retention failed; what it left is judged again in the next one.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
