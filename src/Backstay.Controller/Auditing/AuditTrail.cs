using Backstay.Controller.Access;
using Backstay.Controller.Catalog;

namespace Backstay.Controller.Auditing;

/// <summary>
/// Adds lines to the append-only audit log. A line is added to the context of the change it tells of and commits with it: there is
/// no administrative change without its line.
/// </summary>
internal sealed class AuditTrail(CatalogContext catalog, TimeProvider time, IHttpContextAccessor http)
{
    /// <summary>Adds the line; the caller's SaveChanges commits it.</summary>
    /// <param name="action">Noun and verb: <c>backup.start</c>.</param>
    /// <param name="target">What it was done to, by name or id.</param>
    /// <param name="detail">What a reader of the log needs beyond that; never a secret.</param>
    /// <param name="outcome">The status of the answer.</param>
    /// <param name="actor">When it isn't the caller of this request.</param>
    public void Add(string action, string? target, string? detail = null, int outcome = StatusCodes.Status200OK, string? actor = null)
    {
        var context = http.HttpContext;
        catalog.AuditLog.Add(new AuditEntity
        {
            Time = time.GetUtcNow(),
            Actor = actor ?? (context?.User as Caller)?.Name ?? "controller",
            Action = action,
            Target = target,
            Detail = detail,
            RemoteAddress = context?.Connection.RemoteIpAddress?.ToString(),
            Outcome = outcome,
        });
    }
}
