using System.Globalization;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Auditing;

/// <summary>Reads the audit log. There is no call that changes it.</summary>
internal static class AuditLogApi
{
    private const string TimeForm = "time filters take an RFC 3339 time: 2026-01-31T00:00:00Z";

    private static readonly ListShape<AuditEntity> Shape = new()
    {
        Orders = new Dictionary<string, System.Linq.Expressions.Expression<Func<AuditEntity, object?>>>
        {
            ["sequence"] = line => line.Sequence,
            ["time"] = line => line.Time,
            ["actor"] = line => line.Actor,
            ["action"] = line => line.Action,
        },
        Holds = pattern => line => EF.Functions.Like(line.Actor, pattern, @"\")
            || EF.Functions.Like(line.Action, pattern, @"\")
            || EF.Functions.Like(line.Target, pattern, @"\")
            || EF.Functions.Like(line.Detail, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, System.Linq.Expressions.Expression<Func<AuditEntity, bool>>?>>
        {
            ["actor"] = value => line => line.Actor == value,
            ["action"] = value => line => line.Action == value,
            ["target"] = value => line => line.Target == value,
            ["outcome"] = value => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var outcome)
                ? line => line.Outcome == outcome
                : null,
        },
    };

    public static IEndpointRouteBuilder MapAuditLog(this IEndpointRouteBuilder app)
    {
        app.MapGet("/admin/audit-log", ListAsync)
            .WithTags("Audit log")
            .WithSummary("List the audit log")
            .WithDescription("Every administrative change and every refusal, oldest first. `from` and `to` cut a time out (RFC 3339, "
                + "`from` included, `to` not); `filterBy` takes `actor`, `action`, `target` and `outcome`. With an SQLite "
                + "catalog, a gap in `sequence` means that a line was taken out behind the controller's back.")
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.AuditLog)
            .Refuses(400, 401, 403);
        return app;
    }

    private static async Task<Results<Ok<PagedList<AuditEntry>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, string? from, string? to, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var lines = catalog.AuditLog.AsNoTracking();
        if (!string.IsNullOrEmpty(from))
        {
            if (!TryParseTime(from, out var begin))
            {
                return ApiErrors.BadRequest($"from: '{from}' isn't a time; {TimeForm}.");
            }

            lines = lines.Where(line => line.Time >= begin);
        }

        if (!string.IsNullOrEmpty(to))
        {
            if (!TryParseTime(to, out var end))
            {
                return ApiErrors.BadRequest($"to: '{to}' isn't a time; {TimeForm}.");
            }

            lines = lines.Where(line => line.Time < end);
        }

        var (list, error) = await query.PageAsync(lines, Shape, ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static bool TryParseTime(string text, out DateTimeOffset time) => DateTimeOffset.TryParse(
        text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);

    private static AuditEntry ToWire(AuditEntity line) => new(
        line.Sequence, line.Time, line.Actor, line.Action, line.Target, line.Detail, line.RemoteAddress, line.Outcome);
}
