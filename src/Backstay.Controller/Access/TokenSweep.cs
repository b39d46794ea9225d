using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Access;

/// <summary>Removes expired tokens once an hour. They are refused without it; this keeps the catalog small.</summary>
internal sealed partial class TokenSweep(IDbContextFactory<CatalogContext> catalogs, TimeProvider time, ILogger<TokenSweep> logger)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.Failed(logger, exception);
            }
        }
    }

    /// <summary>How many went.</summary>
    internal async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        return await catalog.Tokens.Where(token => token.Expires <= now).ExecuteDeleteAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Expired tokens could not be removed; tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
