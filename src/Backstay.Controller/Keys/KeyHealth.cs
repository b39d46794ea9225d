using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Keys;

/// <summary>Degraded while a public key in use has expired or will soon: backups go on with the other keys.</summary>
internal sealed class KeyHealth(IDbContextFactory<CatalogContext> catalogs, IOptions<KeyOptions> options, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var soon = time.GetUtcNow() + options.Value.ExpiryWarning;
        try
        {
            await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
            return await catalog.BackupKeys.AnyAsync(k => k.Confirmed != null && k.Retired == null && k.Expires <= soon, cancellationToken)
                ? HealthCheckResult.Degraded("a backup key has expired or will soon")
                : HealthCheckResult.Healthy();
        }
        catch (Exception exception) when (CatalogErrors.IsOutage(exception))
        {
            return HealthCheckResult.Degraded("the catalog can't be read");
        }
    }
}
