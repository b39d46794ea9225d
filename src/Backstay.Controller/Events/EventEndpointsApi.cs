using System.Linq.Expressions;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Protocol;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Events;

/// <summary>Where events are sent: a part of the settings, and theirs to see and change who may do so with settings.</summary>
internal static class EventEndpointsApi
{
    private const string Thing = "endpoint of events";

    private static readonly ListShape<EventEndpointEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<EventEndpointEntity, object?>>>
        {
            ["name"] = endpoint => endpoint.Name,
            ["created"] = endpoint => endpoint.Created,
            ["id"] = endpoint => endpoint.Id,
        },
        Holds = pattern => endpoint => EF.Functions.Like(endpoint.Name, pattern, @"\") || EF.Functions.Like(endpoint.Notes, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<EventEndpointEntity, bool>>?>>
        {
            ["name"] = value => endpoint => endpoint.Name == value,
        },
    };

    public static void MapEventEndpoints(this IEndpointRouteBuilder app)
    {
        var endpoints = app.MapGroup("/admin/event-endpoints").WithTags("Events").Refuses(401, 403);
        var reading = endpoints.MapGroup("").RequirePrivilege(PrivilegeType.View, PrivilegeTarget.GlobalSetting);
        var changing = endpoints.MapGroup("").RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.GlobalSetting);
        reading.MapGet("", ListAsync)
            .Refuses(400)
            .WithSummary("List endpoints of events")
            .WithDescription("Where events are sent, as POSTs that are signed and tried again like notifications. `filterBy` takes `name`.");
        reading.MapGet("/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read an endpoint of events")
            .WithDescription("Where it is, and which events it gets. What became of them is in `/notifications/deliveries`.");
        changing.MapPost("", CreateAsync)
            .Takes(typeof(EventEndpoint))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Create an endpoint of events")
            .WithDescription("It gets what happens from now on. The URL goes by the rules of `notifyUrl`.");
        changing.MapPut("/{id}", PutAsync)
            .Takes(typeof(EventEndpoint))
            .Refuses(400, 404, 409, 413, 422)
            .WithSummary("Change an endpoint of events")
            .WithDescription("The whole object. What is on its way goes to the URL of before.");
        changing.MapDelete("/{id}", DeleteAsync)
            .Refuses(404)
            .WithSummary("Delete an endpoint of events")
            .WithDescription("It gets nothing more that happens from now on.");
        changing.MapPost("/{id}/test", TestAsync)
            .Refuses(404)
            .WithSummary("Send a test to an endpoint of events")
            .WithDescription("A POST of the type `event.test`, due now; what came of it is in `/notifications/deliveries`.");
    }

    private static async Task<Results<Ok<PagedList<EventEndpoint>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (list, error) = await query.PageAsync(catalog.EventEndpoints.AsNoTracking(), Shape, ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<EventEndpoint>, ApiErrorResult>> GetAsync(
        RouteId id, CatalogContext catalog, CancellationToken cancellationToken) =>
        await FindAsync(id, catalog, cancellationToken) is { } endpoint ? TypedResults.Ok(ToWire(endpoint)) : NotFound();

    private static async Task<Results<Ok<EventEndpoint>, ApiErrorResult>> CreateAsync(
        HttpContext context, CatalogContext catalog, NotifyUrlPolicy policy, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.EventEndpoint, cancellationToken);
        if (wish is null)
            return error!;
        if (Check(wish, policy) is { } refusal)
            return refusal;

        var now = time.GetUtcNow();
        var endpoint = new EventEndpointEntity { Id = wish.Id ?? Guid.CreateVersion7(now), Name = wish.Name!, Url = wish.Url!, Created = now, Updated = now };
        Copy(wish, endpoint, now);
        catalog.EventEndpoints.Add(endpoint);
        audit.Add("event-endpoint.create", endpoint.Name, Describe(endpoint));
        if (await catalog.SaveAsync(Thing, Taken, cancellationToken) is { } taken)
            return taken;

        context.Response.Headers.Location = $"/admin/event-endpoints/{endpoint.Id}";
        return TypedResults.Ok(ToWire(endpoint));
    }

    private static async Task<Results<Ok<EventEndpoint>, ApiErrorResult>> PutAsync(
        RouteId id,
        HttpRequest request,
        CatalogContext catalog,
        NotifyUrlPolicy policy,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(id, catalog, cancellationToken) is not { } endpoint)
            return NotFound();
        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.EventEndpoint, cancellationToken);
        if (wish is null)
            return error!;
        if (Check(wish, policy) is { } refusal)
            return refusal;

        Copy(wish, endpoint, time.GetUtcNow());
        catalog.EventEndpoints.Update(endpoint);
        audit.Add("event-endpoint.change", endpoint.Name, Describe(endpoint));
        return await catalog.SaveAsync(Thing, Taken, cancellationToken) is { } refused ? refused : TypedResults.Ok(ToWire(endpoint));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, catalog, cancellationToken) is not { } endpoint)
            return NotFound();

        catalog.EventEndpoints.Remove(endpoint);
        audit.Add("event-endpoint.delete", endpoint.Name, Describe(endpoint), StatusCodes.Status204NoContent);
        return await catalog.SaveAsync(Thing, Taken, cancellationToken) is { } refusal ? refusal : TypedResults.NoContent();
    }

    private static async Task<Results<Accepted, ApiErrorResult>> TestAsync(
        RouteId id,
        Caller caller,
        CatalogContext catalog,
        NotificationOutbox outbox,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(id, catalog, cancellationToken) is not { } endpoint)
            return NotFound();

        var delivery = EventDeliveries.Test(endpoint, caller.Name, time.GetUtcNow());
        catalog.Deliveries.Add(delivery);
        audit.Add("event-endpoint.test", endpoint.Name, outcome: StatusCodes.Status202Accepted);
        await catalog.SaveChangesAsync(cancellationToken);
        outbox.Wake();
        return TypedResults.Accepted($"/admin/notifications/deliveries/{delivery.Id}");
    }

    private static ApiErrorResult? Check(EventEndpoint wish, NotifyUrlPolicy policy)
    {
        var errors = new FieldErrors();
        errors.Id("id", wish.Id);
        errors.Name("name", wish.Name);
        errors.Text("notes", wish.Notes, 4096);
        if (string.IsNullOrEmpty(wish.Url))
            errors.Add("url", "is required");
        else if (policy.Check(wish.Url, "url") is { } refusal)
            errors.Add("url", refusal);
        return errors.Refusal;
    }

    private static void Copy(EventEndpoint wish, EventEndpointEntity endpoint, DateTimeOffset now)
    {
        endpoint.Name = wish.Name!;
        endpoint.Url = wish.Url!;
        endpoint.Kinds = [.. (wish.Kinds ?? []).Distinct()];
        endpoint.Paused = wish.Paused;
        endpoint.Notes = wish.Notes;
        endpoint.Updated = now;
    }

    private static EventEndpoint ToWire(EventEndpointEntity endpoint) => new(
        endpoint.Id,
        endpoint.Name,
        endpoint.Url,
        endpoint.Kinds,
        endpoint.Paused,
        endpoint.Notes,
        endpoint.Created,
        endpoint.Updated);

    /// <summary>For the audit log. Of the URL its host: people put tokens into the rest.</summary>
    private static string Describe(EventEndpointEntity endpoint)
    {
        var kinds = endpoint.Kinds.Count == 0 ? "all events" : string.Join(", ", endpoint.Kinds.Select(kind => DottedNaming.Policy.ConvertName(kind.ToString())));
        return $"{kinds} to {new Uri(endpoint.Url).IdnHost}{(endpoint.Paused ? ", paused" : "")}";
    }

    private static Task<EventEndpointEntity?> FindAsync(RouteId id, CatalogContext catalog, CancellationToken cancellationToken) =>
        catalog.EventEndpoints.AsNoTracking().SingleOrDefaultAsync(e => e.Id == id.Value, cancellationToken);

    private static ApiErrorResult NotFound() => ApiErrors.NotFound(Thing);

    private static ApiErrorResult Taken() =>
        ApiErrors.Conflict(ErrorIds.Conflict, "Another endpoint has that name or id already. Choose another.");
}
