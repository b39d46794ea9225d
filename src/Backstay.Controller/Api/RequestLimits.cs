using System.Threading.RateLimiting;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Api;

/// <summary>Holds the calls to <see cref="LimitOptions"/>. What is refused is told when to come back, before any work was done for it.</summary>
internal sealed class RequestLimits(IOptions<LimitOptions> limits, RequestMetrics metrics) : IConfigureOptions<RateLimiterOptions>
{
    /// <summary>The policy of the calls that send an archive.</summary>
    public const string Downloads = "downloads";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    public void Configure(RateLimiterOptions options)
    {
        options.RejectionStatusCode = StatusCodes.Status503ServiceUnavailable;
        options.OnRejected = (rejected, _) => new ValueTask(RefuseAsync(rejected.HttpContext));
        options.AddPolicy(Downloads, _ => RateLimitPartition.GetConcurrencyLimiter(
            Downloads, _ => new ConcurrencyLimiterOptions { PermitLimit = limits.Value.Downloads }));
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => IsDownload(context)
            ? RateLimitPartition.GetNoLimiter(Downloads)
            : RateLimitPartition.GetConcurrencyLimiter("calls", _ => new ConcurrencyLimiterOptions
            {
                PermitLimit = limits.Value.Calls,
                QueueLimit = limits.Value.WaitingCalls,
                QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
            }));
    }

    private static bool IsDownload(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName == Downloads;

    private Task RefuseAsync(HttpContext context)
    {
        metrics.Refused(IsDownload(context) ? RefusedBy.Downloads : RefusedBy.Calls);
        return ApiErrors.Unavailable(
            ErrorIds.ServiceUnavailable, "The controller is at work on as much as it can. Try again as Retry-After says.", RetryAfter).ExecuteAsync(context);
    }
}
