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
    private static readonly ListShape<DeliveryEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<DeliveryEntity, object?>>>
        {
            ["created"] = delivery => delivery.Created,
            ["state"] = delivery => delivery.State,
            ["url"] = delivery => delivery.Url,
            ["id"] = delivery => delivery.Id,
        },
        Holds = pattern => delivery => EF.Functions.Like(delivery.Url, pattern, @"\"),
    };

    private static readonly Dictionary<string, DeliveryState> States =
        Enum.GetValues<DeliveryState>().ToDictionary(state => JsonNamingPolicy.CamelCase.ConvertName(state.ToString()));

    public static IEndpointRouteBuilder MapNotifications(this IEndpointRouteBuilder app)
    {
        var notifications = app.MapGroup("/admin/notifications").WithTags("Notifications").Refuses(401, 403);
        notifications.MapGet("/secret", ReadSecretAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.GlobalSetting)
            .WithSummary("Read the signing secret")
            .WithDescription("With the one before, while that signs too.");
        notifications.MapPost("/secret/rotate", RotateSecretAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.GlobalSetting)
            .Refuses(409)
            .WithSummary("Put a new signing secret in force")
            .WithDescription("For 24 hours every notification carries two signatures, by the new secret and by the one before.");

        var deliveries = notifications.MapGroup("/deliveries").RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance);
        deliveries.MapGet("", ListAsync)
            .Refuses(400)
            .WithSummary("List deliveries with their tries")
            .WithDescription("Those of backups of appliances in the caller's scope, and for who may view settings those of events. `state` is `pending`, `delivered` or `givenUp`.");
        deliveries.MapGet("/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read a delivery with its tries")
            .WithDescription("Its state, when it is tried next, and what came of its last 50 tries. The body isn't shown.");
        deliveries.MapPost("/{id}/replay", ReplayAsync)
            .Refuses(404)
            .WithSummary("Deliver again")
            .WithDescription("Due now, whatever became of it, and tried for another 24 hours. Its `webhook-id` stays.");
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
        var items = InScope(caller, catalog);
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
            if (!States.TryGetValue(state, out var wanted))
            {
                return ApiErrors.BadRequest($"state: '{state}' isn't one of {string.Join(", ", States.Keys)}.");
            }

            items = items.Where(d => d.State == wanted);
        }

        var (list, error) = await query.PageAsync(items.Include(d => d.Tries).AsNoTracking(), Shape, ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<Delivery>, ApiErrorResult>> GetAsync(
        RouteId id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (delivery, error) = await FindAsync(id, caller, catalog, cancellationToken);
        return error is null ? TypedResults.Ok(ToWire(delivery!)) : error;
    }

    private static async Task<Results<Accepted<Delivery>, ApiErrorResult>> ReplayAsync(
        RouteId id,
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
        RouteId id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var delivery = await catalog.Deliveries.Include(d => d.Tries).AsNoTracking()
            .FirstOrDefaultAsync(d => d.Id == id.Value, cancellationToken);
        if (delivery is null)
        {
            return (null, ApiErrors.NotFound("delivery"));
        }

        return await InScope(caller, catalog).AnyAsync(d => d.Id == id.Value, cancellationToken)
            ? (delivery, null)
            : (null, ApiErrors.Forbidden("deliveries of that appliance's backups"));
    }

    /// <summary>
    /// Those of appliances that the caller may back up; of a removed appliance, with the privilege on all; of events, with the settings.
    /// </summary>
    private static IQueryable<DeliveryEntity> InScope(Caller caller, CatalogContext catalog)
    {
        // Where events go is a setting, and people put tokens into URLs.
        var deliveries = caller.May(PrivilegeType.View, PrivilegeTarget.GlobalSetting)
            ? catalog.Deliveries
            : catalog.Deliveries.Where(d => d.EventId == null);
        if (caller.MayAll(PrivilegeType.Backup, PrivilegeTarget.Appliance))
        {
            return deliveries;
        }

        var appliances = catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, PrivilegeType.Backup).Select(a => a.Id);
        return deliveries.Where(d => appliances.Contains(d.ApplianceId));
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
        [.. delivery.Tries.OrderBy(t => t.Id).Select(t => new DeliveryTry(t.Time, t.StatusCode, t.Error, t.Milliseconds))],
        delivery.EventId);
}
