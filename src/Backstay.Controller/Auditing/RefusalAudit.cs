using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Auditing;

/// <summary>
/// Writes down what a signed-in user tried and was not allowed to do (403), wherever it was refused. On a context of its own: the
/// request's may hold changes that were given up with the refusal.
/// </summary>
internal sealed class RefusalAudit(RequestDelegate next)
{
    private const int MaxTarget = 512;

    public async Task InvokeAsync(
        HttpContext context, IDbContextFactory<CatalogContext> catalogs, IHttpContextAccessor http, TimeProvider time)
    {
        await next(context);
        if (context.Response.StatusCode != StatusCodes.Status403Forbidden || context.User is not Caller)
        {
            return;
        }

        var target = $"{context.Request.Method} {context.Request.Path}";
        await using var catalog = await catalogs.CreateDbContextAsync(context.RequestAborted);
        new AuditTrail(catalog, time, http).Add(
            "access.refused", target.Length > MaxTarget ? target[..MaxTarget] : target, outcome: StatusCodes.Status403Forbidden);
        await catalog.SaveChangesAsync(CancellationToken.None);
    }
}
