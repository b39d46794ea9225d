using System.Diagnostics;
using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.Diagnostics;

namespace Backstay.Controller.Api;

/// <summary>
/// An exception is a bug, or a request that Kestrel refused half-way, or a catalog that can't be reached. Of a bug the client gets a
/// trace id and no inside detail, and the log the rest.
/// </summary>
internal sealed partial class UnexpectedFaults(ILogger<UnexpectedFaults> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be answered; the status is for the log only.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        if (exception is BadHttpRequestException bad)
        {
            await ApiErrors.ForStatus(bad.StatusCode).ExecuteAsync(httpContext);
            return true;
        }

        if (CatalogErrors.IsUnstorableText(exception))
        {
            await ApiErrors.BadRequest("A text has a NUL character: none can be kept or looked for.").ExecuteAsync(httpContext);
            return true;
        }

        if (CatalogErrors.IsUnavailable(exception))
        {
            // CatalogReach has told the log, once for all requests.
            await ApiErrors.CatalogUnavailable().ExecuteAsync(httpContext);
            return true;
        }

        var traceId = Activity.Current?.TraceId.ToString() ?? httpContext.TraceIdentifier;
        Log.Fault(logger, exception, httpContext.Request.Method, httpContext.GetEndpoint()?.DisplayName, traceId);
        await ApiErrors.Internal(traceId).ExecuteAsync(httpContext);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Method} {Endpoint} failed, trace id {TraceId}")]
        public static partial void Fault(ILogger logger, Exception exception, string method, string? endpoint, string traceId);
    }
}
