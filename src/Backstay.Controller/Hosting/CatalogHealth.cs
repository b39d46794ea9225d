using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Hosting;

/// <summary>The catalog answers a question of one row.</summary>
internal sealed class CatalogHealth(IDbContextFactory<CatalogContext> catalogs) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
            await catalog.Settings.AsNoTracking().Select(s => s.Id).SingleAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Of an outage CatalogReach has told, and this is asked every few seconds.
            return HealthCheckResult.Unhealthy("the catalog can't be read", CatalogErrors.IsOutage(exception) ? null : exception);
        }
    }
}
