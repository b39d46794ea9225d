using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Storage;

/// <summary>Degraded, not unhealthy: a controller with a full store still serves what it has.</summary>
internal sealed class StoreRoomHealth(StoreRoom room) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(room.Level.State == StoreState.Ample ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("the store fills up"));
}
