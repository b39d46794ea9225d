using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Retention;

/// <summary>Degraded while this controller's clock isn't believed: everything else goes on.</summary>
internal sealed class RetentionHealth : IHealthCheck
{
    private volatile bool _distrusts;

    /// <summary>Remembers what was found.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Judge(ClockReading reading)
    {
        var news = _distrusts == reading.Trusted;
        _distrusts = !reading.Trusted;
        return news;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_distrusts ? HealthCheckResult.Degraded("the clock jumped: nothing is pruned") : HealthCheckResult.Healthy());
}
