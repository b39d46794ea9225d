using System.Linq.Expressions;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Events;

/// <summary>The events, of appliances in the caller's scope; those of no appliance, or of one that is gone, take the privilege on all.</summary>
internal static class EventsApi
{
    private static readonly Dictionary<string, EventKind> Kinds =
        Enum.GetValues<EventKind>().ToDictionary(kind => DottedNaming.Policy.ConvertName(kind.ToString()));

    private static readonly PrivilegeType[] Readers = [PrivilegeType.View, PrivilegeType.CheckStatus, PrivilegeType.Backup];

    private static readonly ListShape<ListedEvent> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<ListedEvent, object?>>>
        {
            ["time"] = listed => listed.Event.Time,
            ["kind"] = listed => listed.Event.Kind,
            ["id"] = listed => listed.Event.Id,
        },
        Holds = pattern => listed => EF.Functions.Like(listed.Event.Message, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<ListedEvent, bool>>?>>
        {
            ["kind"] = value => Kinds.TryGetValue(value, out var kind) ? listed => listed.Event.Kind == kind : null,
            ["applianceId"] = value => Guid.TryParse(value, out var id) ? listed => listed.Event.ApplianceId == id : null,
            ["backupId"] = value => Guid.TryParse(value, out var id) ? listed => listed.Event.BackupId == id : null,
        },
    };

    public static IEndpointRouteBuilder MapEvents(this IEndpointRouteBuilder app)
    {
        app.MapGet("/admin/events", ListAsync)
            .WithTags("Events")
            .RequireAnyPrivilege(PrivilegeTarget.Appliance, Readers)
            .Refuses(400, 401, 403)
            .WithSummary("List events")
            .WithDescription("What people want to be told of, oldest first: failures, overdue appliances, missed runs, damage. Of appliances in the "
                + "caller's scope; all, for who may view all. `filterBy` takes `kind` (`backup.overdue`), `applianceId` and `backupId`.");
        app.MapEventEndpoints();
        return app;
    }

    private static async Task<Results<Ok<PagedList<Event>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var events = catalog.Events.AsNoTracking();
        if (!Readers.Any(reader => caller.MayAll(reader, PrivilegeTarget.Appliance)))
        {
            var appliances = catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, Readers).Select(a => (Guid?)a.Id);
            events = events.Where(e => appliances.Contains(e.ApplianceId));
        }

        var listed = events.Select(e => new ListedEvent
        {
            Event = e,
            ApplianceName = catalog.Appliances.Where(a => a.Id == e.ApplianceId).Select(a => a.Name).FirstOrDefault(),
        });
        var (list, error) = await query.PageAsync(listed, Shape, ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static Event ToWire(ListedEvent listed) => new(
        listed.Event.Id,
        listed.Event.Time,
        listed.Event.Kind,
        listed.Event.ApplianceId,
        listed.ApplianceName,
        listed.Event.BackupId,
        listed.Event.Message);

    /// <summary>An event with the name that its appliance has now.</summary>
    private sealed class ListedEvent
    {
        public required EventEntity Event { get; init; }

        public string? ApplianceName { get; init; }
    }
}
