using Microsoft.Net.Http.Headers;

namespace Backstay.Controller.Api;

/// <summary>
/// What every answer tells a browser: take the type as it is said, keep no answers of the APIs, run nothing and frame nothing.
/// A page brings its own Content-Security-Policy.
/// </summary>
internal sealed class SecurityHeaders(RequestDelegate next)
{
    private const string NothingAtAll = "default-src 'none'; frame-ancestors 'none'";

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            if (headers.ContentSecurityPolicy.Count == 0)
            {
                headers.ContentSecurityPolicy = NothingAtAll;
            }

            if (headers.ContentType == "application/json; charset=utf-8")
            {
                // RFC 8259 knows no charset, and there are clients that compare the whole value.
                headers.ContentType = "application/json";
            }

            if (headers.CacheControl.Count == 0
                && headers.ContentType.ToString().StartsWith("application/json", StringComparison.Ordinal))
            {
                headers[HeaderNames.CacheControl] = "no-store";
            }

            return Task.CompletedTask;
        });
        return next(context);
    }
}
