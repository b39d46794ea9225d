using Backstay.Controller.Api;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Backstay.Controller.Hosting;

/// <summary>
/// For load balancers and supervisors, without a token and without detail: <c>/healthz</c> says that the process serves,
/// <c>/readyz</c> that every registered <see cref="IHealthCheck"/> is well (503 when not).
/// </summary>
internal static class HealthApi
{
    public static IEndpointRouteBuilder MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapHealthChecks("/healthz", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync })
            .DisableRateLimiting()
            .WithMetadata(new AcceptsAnswer(AcceptKinds.Anything));
        app.MapHealthChecks("/readyz", new HealthCheckOptions { ResponseWriter = WriteAsync })
            .DisableRateLimiting()
            .WithMetadata(new AcceptsAnswer(AcceptKinds.Anything));
        return app;
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
