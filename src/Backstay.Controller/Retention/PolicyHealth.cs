using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Retention;

/// <summary>Degraded while a policy waits for its confirmation: what it applies to stays, and everything else goes on.</summary>
internal sealed class PolicyHealth : IHealthCheck
{
    private volatile bool _awaits;

    /// <summary>Remembers what was found.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Judge(bool awaits)
    {
        var news = _awaits != awaits;
        _awaits = awaits;
        return news;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_awaits ? HealthCheckResult.Degraded("a policy isn't confirmed: it lets nothing go") : HealthCheckResult.Healthy());
}
