using Backstay.Controller.Api;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Hosting;

/// <summary>
/// Without a token and without detail: <c>/healthz</c>, for load balancers and supervisors, says whether this process serves, and 503 from
/// the moment on that it is told to stop; <c>/readyz</c>, for alerts, that every registered <see cref="IHealthCheck"/> is well (503 when
/// not). What all controllers lack together must not take all of them out of service: they answer better than nobody.
/// </summary>
internal static class HealthApi
{
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder app)
    {
        app.Map("/healthz", ServingAsync)
            .DisableRateLimiting()
            .WithMetadata(new AcceptsAnswer(AcceptKinds.Anything));
        app.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = WriteAsync })
            .DisableRateLimiting()
            .WithMetadata(new AcceptsAnswer(AcceptKinds.Anything));
        return app;
    }

    /// <summary>Not by a check of the framework: that would be a line of the log each time, for what is no fault.</summary>
    private static Task ServingAsync(HttpContext context, Drain drain)
    {
        context.Response.StatusCode = drain.HasBegun ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
        return WriteAsync(context, new HealthReport(
            new Dictionary<string, HealthReportEntry>(), drain.HasBegun ? HealthStatus.Unhealthy : HealthStatus.Healthy, TimeSpan.Zero));
    }

    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "application/json";
        var checks = string.Join(',', report.Entries.Select(entry => $"\"{entry.Key}\":\"{Word(entry.Value.Status)}\""));
        return context.Response.WriteAsync($"{{\"status\":\"{Word(report.Status)}\",\"checks\":{{{checks}}}}}", context.RequestAborted);
    }

    private static string Word(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Degraded => "degraded",
        _ => "unhealthy",
    };
}
