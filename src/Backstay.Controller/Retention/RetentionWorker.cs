using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Controller.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Retention;

/// <summary>
/// Does the rounds of retention, each on one of all controllers: who moves the time of the next round on, by compare-and-set, does it.
/// One that dies in the middle leaves the rest to the next round.
/// </summary>
internal sealed partial class RetentionWorker(
    IServiceScopeFactory scopes,
    RetentionHealth health,
    PolicyHealth policies,
    StoreIdentity store,
    IOptions<RetentionOptions> options,
    TimeProvider time,
    ILogger<RetentionWorker> logger)
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
        if (!reading.Trusted)
            await clock.TellAsync(reading, services.GetRequiredService<DailyEvents>(), cancellationToken);
        var unconfirmed = await services.GetRequiredService<CatalogContext>().RetentionPolicies
            .Where(p => p.AwaitsConfirmation).Select(p => p.Name).FirstOrDefaultAsync(cancellationToken);
        if (policies.Judge(unconfirmed is not null) && unconfirmed is not null)
            Log.Unconfirmed(logger, unconfirmed);
        if (!reading.Trusted || !await IsStoreThereAsync(cancellationToken) || !await clock.TakeRoundAsync(reading, cancellationToken))
            return null;

        await services.GetRequiredService<StoredProtection>().CarryAllAsync(cancellationToken);
        var pruned = await services.GetRequiredService<Pruning>().RunAsync(reading.Now, cancellationToken);
        if (pruned > 0)
            Log.Done(logger, pruned);
        return pruned;
    }

    /// <summary>What was found damaged, and what would have to be deleted, is judged when the store is there.</summary>
    private async Task<bool> IsStoreThereAsync(CancellationToken cancellationToken)
    {
        try
        {
            await store.RequireAsync(cancellationToken);
            return true;
        }
        catch (ArchiveStoreException exception)
        {
            Log.NoStore(logger, exception);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Retention let {Count} backups go.")]
        public static partial void Done(ILogger logger, int count);

        [LoggerMessage(LogLevel.Error,
            "The clock says {Now}, the last time that was believed is {LastSeen}, and more than {Tolerance} lies between them. Nothing is pruned, "
            + "and no lock ends, until the clock is right or an administrator confirms it: backstay retention confirm-clock")]
        public static partial void Distrusted(ILogger logger, DateTimeOffset now, DateTimeOffset? lastSeen, TimeSpan tolerance);

        [LoggerMessage(LogLevel.Warning, "Nothing is pruned while the archive store can't be asked.")]
        public static partial void NoStore(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning,
            "Retention policy {Policy} was made by the controller, over backups that were there already: it keeps all of them. Make the policies "
            + "that there were, see with `backstay retention preview {Policy} --going` what it would let go, then: backstay retention confirm {Policy}")]
        public static partial void Unconfirmed(ILogger logger, string policy);

        [LoggerMessage(LogLevel.Error, "The round of retention failed; what it left is judged again in the next one.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
