using System.Linq.Expressions;
using System.Text.Json;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Notifications;

/// <summary>
/// The signing secret, and the deliveries with their tries. Who may back an appliance up gave the URL or could have: the same
/// privilege lists and replays its deliveries.
/// </summary>
internal static class NotificationsApi
{
    private static readonly Dictionary<string, Expression<Func<DeliveryEntity, object?>>> Orders = new()
    {
        ["created"] = d => d.Created,
        ["state"] = d => d.State,
        ["url"] = d => d.Url,
    };

    public static IEndpointRouteBuilder MapNotifications(this IEndpointRouteBuilder app)
    {
        var notifications = app.MapGroup("/admin/notifications").WithTags("Notifications");
        notifications.MapGet("/secret", ReadSecretAsync).RequirePrivilege(PrivilegeType.View, PrivilegeTarget.GlobalSetting);
        notifications.MapPost("/secret/rotate", RotateSecretAsync).RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.GlobalSetting);

        var deliveries = notifications.MapGroup("/deliveries").RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance);
        deliveries.MapGet("", ListAsync);
        deliveries.MapGet("/{id}", GetAsync);
        deliveries.MapPost("/{id}/replay", ReplayAsync);
        return app;
    }

    private static async Task<Ok<WebhookSecret>> ReadSecretAsync(
        HttpResponse response, CatalogContext catalog, WebhookSecrets secrets, AuditTrail audit, CancellationToken cancellationToken)
    {
        var secret = await secrets.ReadAsync(catalog, cancellationToken);
        audit.Add("notification-secret.read", null);
        await catalog.SaveChangesAsync(cancellationToken);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(secret);
    }

    private static async Task<Results<Ok<WebhookSecret>, ApiErrorResult>> RotateSecretAsync(
        HttpResponse response, CatalogContext catalog, WebhookSecrets secrets, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (await secrets.RotateAsync(catalog, audit, cancellationToken) is not { } secret)
        {
            return ApiErrors.Conflict(
                ErrorIds.Conflict, "Someone else rotated the secret at the same moment. Read it, and rotate again if need be.");
        }

        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(secret);
    }

    private static async Task<Results<Ok<PagedList<Delivery>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query,
        string? backupId,
        string? state,
        Caller caller,
        CatalogContext catalog,
        CancellationToken cancellationToken)
    {
        var items = await InScopeAsync(caller, catalog, cancellationToken);
        if (!string.IsNullOrEmpty(backupId))
        {
            if (!Guid.TryParse(backupId, out var backup))
            {
                return ApiErrors.BadRequest($"backupId: '{backupId}' isn't a UUID.");
            }

            items = items.Where(d => d.BackupId == backup);
        }

        if (!string.IsNullOrEmpty(state))
        {
            var known = Enum.GetValues<DeliveryState>().ToDictionary(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()));
            if (!known.TryGetValue(state, out var wanted))
            {
                return ApiErrors.BadRequest($"state: '{state}' isn't one of {string.Join(", ", known.Keys)}.");
            }

            items = items.Where(d => d.State == wanted);
        }

        items = query.Words.Aggregate(items, (matching, word) => matching.Where(d => d.Url.Contains(word)));
        var (list, error) = await query.PageAsync(items.Include(d => d.Tries).AsNoTracking(), Orders, ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<Delivery>, ApiErrorResult>> GetAsync(
        string id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (delivery, error) = await FindAsync(id, caller, catalog, cancellationToken);
        return error is null ? TypedResults.Ok(ToWire(delivery!)) : error;
    }

    private static async Task<Results<Accepted<Delivery>, ApiErrorResult>> ReplayAsync(
        string id,
        Caller caller,
        CatalogContext catalog,
        DeliveryQueue queue,
        NotificationOutbox outbox,
        AuditTrail audit,
        CancellationToken cancellationToken)
    {
        var (delivery, error) = await FindAsync(id, caller, catalog, cancellationToken);
        if (error is not null)
        {
            return error;
        }

        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        if (!await queue.ReplayAsync(catalog, delivery!.Id, cancellationToken))
        {
            return ApiErrors.NotFound("delivery");
        }

        audit.Add(
            "notification.replay", delivery.Id.ToString(), $"backup {delivery.BackupId}, {delivery.Host}", StatusCodes.Status202Accepted);
        await catalog.SaveChangesAsync(cancellationToken);
        var replayed = await catalog.Deliveries.Include(d => d.Tries).AsNoTracking()
            .SingleAsync(d => d.Id == delivery.Id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        outbox.Wake();
        return TypedResults.Accepted($"/admin/notifications/deliveries/{delivery.Id}", ToWire(replayed));
    }

    /// <summary>In the order of all calls: it exists (404), then it is in the caller's scope (403).</summary>
    private static async Task<(DeliveryEntity? Delivery, ApiErrorResult? Error)> FindAsync(
        string id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var delivery = Guid.TryParse(id, out var key)
            ? await catalog.Deliveries.Include(d => d.Tries).AsNoTracking().FirstOrDefaultAsync(d => d.Id == key, cancellationToken)
            : null;
        if (delivery is null)
        {
            return (null, ApiErrors.NotFound("delivery"));
        }

        var scope = await InScopeAsync(caller, catalog, cancellationToken);
        return await scope.AnyAsync(d => d.Id == key, cancellationToken)
            ? (delivery, null)
            : (null, ApiErrors.Forbidden("deliveries of that appliance's backups"));
    }

    /// <summary>The deliveries of the appliances that the caller may back up; those of removed appliances need the privilege on all.</summary>
    private static async Task<IQueryable<DeliveryEntity>> InScopeAsync(
        Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        if (caller.MayAll(PrivilegeType.Backup, PrivilegeTarget.Appliance))
        {
            return catalog.Deliveries;
        }

        var appliances = await catalog.Appliances.Select(a => new { a.Id, a.Tags }).ToListAsync(cancellationToken);
        var ids = appliances
            .Where(a => caller.May(PrivilegeType.Backup, PrivilegeTarget.Appliance, a.Id, a.Tags))
            .Select(a => a.Id)
            .ToList();
        return catalog.Deliveries.Where(d => ids.Contains(d.ApplianceId));
    }

    private static Delivery ToWire(DeliveryEntity delivery) => new(
        delivery.Id,
        delivery.BackupId,
        delivery.ApplianceId,
        delivery.Url,
        delivery.State,
        delivery.Created,
        delivery.State == DeliveryState.Pending ? delivery.NextTry : null,
        delivery.Delivered,
        [.. delivery.Tries.OrderBy(t => t.Id).Select(t => new DeliveryTry(t.Time, t.StatusCode, t.Error, t.Milliseconds))]);
}
