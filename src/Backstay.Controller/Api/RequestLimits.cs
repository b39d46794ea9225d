using System.Threading.RateLimiting;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Api;

/// <summary>
/// Holds the calls to <see cref="LimitOptions"/>. What is refused is told when to come back, before any work was done for it.
/// </summary>
/// <remarks>
/// Endpoints are marked as for the framework's own middleware (<c>RequireRateLimiting</c>, <c>DisableRateLimiting</c>). That one is for
/// limits by key: each of its limiters runs on a timer that keeps the whole application, also after its end. Three pools need neither.
/// </remarks>
internal sealed class RequestLimits(IOptions<LimitOptions> limits, RequestMetrics metrics) : IMiddleware, IDisposable
{
    /// <summary>The policy of the calls that send an archive.</summary>
    public const string Downloads = "downloads";

    /// <summary>The policy of the calls that wait for the archive store: polls and renewals of leases never wait behind one that hangs.</summary>
    public const string StoreCalls = "store-calls";

    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    private readonly ConcurrencyLimiter _downloads = New(limits.Value.Downloads, waiting: 0);
    private readonly ConcurrencyLimiter _storeCalls = New(limits.Value.StoreCalls, limits.Value.WaitingCalls);
    private readonly ConcurrencyLimiter _calls = New(limits.Value.Calls, limits.Value.WaitingCalls);

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var marks = context.GetEndpoint()?.Metadata;
        if (marks?.GetMetadata<DisableRateLimitingAttribute>() is not null)
        {
            await next(context);
            return;
        }

        var (pool, limit) = marks?.GetMetadata<EnableRateLimitingAttribute>()?.PolicyName switch
        {
            Downloads => (_downloads, RefusedBy.Downloads),
            StoreCalls => (_storeCalls, RefusedBy.StoreCalls),
            null => (_calls, RefusedBy.Calls),
            var other => throw new InvalidOperationException($"There is no limit {other}."),
        };
        using var place = await pool.AcquireAsync(cancellationToken: context.RequestAborted);
        if (place.IsAcquired)
        {
            await next(context);
            return;
        }

        metrics.Refused(limit);
        await ApiErrors.Unavailable(
            ErrorIds.ServiceUnavailable, "The controller is at work on as much as it can. Try again as Retry-After says.", RetryAfter).ExecuteAsync(context);
    }

    public void Dispose()
    {
        _downloads.Dispose();
        _storeCalls.Dispose();
        _calls.Dispose();
    }

    private static ConcurrencyLimiter New(int calls, int waiting) => new(new ConcurrencyLimiterOptions
    {
        PermitLimit = calls,
        QueueLimit = waiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });
}
