using System.Linq.Expressions;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Objectives;

/// <summary>
/// The objectives. Who may back up all that one selects, by <c>Backup</c> on <c>Appliance</c>, may make, change and remove it; the objectives
/// themselves are no secret to who may back up anything.
/// </summary>
internal static class ObjectivesApi
{
    private const string Thing = "objective";

    private static readonly ListShape<BackupObjectiveEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<BackupObjectiveEntity, object?>>>
        {
            ["name"] = objective => objective.Name,
            ["created"] = objective => objective.Created,
            ["updated"] = objective => objective.Updated,
            ["id"] = objective => objective.Id,
        },
        Holds = pattern => objective => EF.Functions.Like(objective.Name, pattern, @"\") || EF.Functions.Like(objective.Notes, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<BackupObjectiveEntity, bool>>?>>
        {
            ["name"] = value => objective => objective.Name == value,
        },
    };

    public static IEndpointRouteBuilder MapObjectives(this IEndpointRouteBuilder app)
    {
        var objectives = app.MapGroup("/admin/backup-objectives")
            .WithTags("Fleet")
            .RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)
            .Refuses(401, 403);
        objectives.MapGet("", ListAsync)
            .Refuses(400)
            .WithSummary("List objectives")
            .WithDescription("How old the newest backup of which appliances may be. All of them. `filterBy` takes `name`.");
        objectives.MapPost("", CreateAsync)
            .Takes(typeof(BackupObjective))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Create an objective")
            .WithDescription("Of all objectives that select an appliance the strictest counts. The caller needs `Backup` on all that it selects (403).");
        objectives.MapGet("/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read an objective")
            .WithDescription("How old the newest backup may be, and of which appliances. Who doesn't meet it is in `/fleet`.");
        objectives.MapPut("/{id}", PutAsync)
            .Takes(typeof(BackupObjective))
            .Refuses(400, 404, 409, 413, 422)
            .WithSummary("Change an objective")
            .WithDescription("The whole object. The caller needs `Backup` on all that it selects and is to select (403); of the default objective "
                + "`appliances` isn't looked at, and without hours it asks for nothing.");
        objectives.MapDelete("/{id}", DeleteAsync)
            .Refuses(404, 409)
            .WithSummary("Delete an objective")
            .WithDescription("What it alone asked for isn't overdue any more. The default objective can't be deleted (409).");

        var fleet = app.MapGroup("/admin/fleet")
            .WithTags("Fleet")
            .RequireAnyPrivilege(PrivilegeTarget.Appliance, PrivilegeType.View, PrivilegeType.CheckStatus, PrivilegeType.Backup)
            .Refuses(400, 401, 403);
        fleet.MapGet("", FleetApi.GetAsync)
            .WithSummary("See who is protected and who is not")
            .WithDescription("Appliances in the caller's scope, worst first: in the order in which they became, or will become, overdue. `query`, "
                + "`filterBy` and `range` as in `/appliances`; `orderBy` takes `overdueAt` and `name`; `state` is `overdue`, `protected`, "
                + "`noObjective` or `inactive`. `counts` are of all pages and all states.");
        return app;
    }

    private static async Task<Results<Ok<PagedList<BackupObjective>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (list, error) = await query.PageAsync(catalog.BackupObjectives.AsNoTracking(), Shape, ObjectiveForm.ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<BackupObjective>, ApiErrorResult>> GetAsync(
        RouteId id, CatalogContext catalog, CancellationToken cancellationToken) =>
        await FindAsync(id, catalog, cancellationToken) is { } objective ? TypedResults.Ok(ObjectiveForm.ToWire(objective)) : NotFound();

    private static async Task<Results<Ok<BackupObjective>, ApiErrorResult>> CreateAsync(
        HttpContext context, Caller caller, CatalogContext catalog, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.BackupObjective, cancellationToken);
        if (wish is null)
            return error!;
        if ((ObjectiveForm.Check(wish, isDefault: false) ?? Refuse(caller, wish.Appliances!)) is { } refusal)
            return refusal;

        var now = time.GetUtcNow();
        var objective = ObjectiveForm.Make(wish, wish.Id ?? Guid.CreateVersion7(now), now);
        catalog.BackupObjectives.Add(objective);
        audit.Add("backup-objective.create", objective.Name, ObjectiveForm.Describe(objective));
        if (await catalog.SaveAsync(Thing, Taken, cancellationToken) is { } late)
            return late;

        context.Response.Headers.Location = $"/admin/backup-objectives/{objective.Id}";
        return TypedResults.Ok(ObjectiveForm.ToWire(objective));
    }

    private static async Task<Results<Ok<BackupObjective>, ApiErrorResult>> PutAsync(
        RouteId id,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(id, catalog, cancellationToken) is not { } objective)
            return NotFound();
        if (Refuse(caller, objective.Appliances) is { } notYours)
            return notYours;

        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.BackupObjective, cancellationToken);
        if (wish is null)
            return error!;
        if ((ObjectiveForm.Check(wish, objective.IsDefault) ?? Refuse(caller, objective.IsDefault ? objective.Appliances : wish.Appliances!)) is { } refusal)
            return refusal;

        ObjectiveForm.Copy(wish, objective, time.GetUtcNow());
        catalog.BackupObjectives.Update(objective);
        audit.Add("backup-objective.change", objective.Name, ObjectiveForm.Describe(objective));
        if (await catalog.SaveAsync(Thing, Taken, cancellationToken) is { } late)
            return late;

        return TypedResults.Ok(ObjectiveForm.ToWire(objective));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, Caller caller, CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, catalog, cancellationToken) is not { } objective)
            return NotFound();
        if (Refuse(caller, objective.Appliances) is { } refusal)
            return refusal;
        if (objective.IsDefault)
            return ApiErrors.Conflict(ErrorIds.Conflict, "The default objective stays: it is what applies where no other does. Change it instead; without hours it asks for nothing.");

        catalog.BackupObjectives.Remove(objective);
        audit.Add("backup-objective.delete", objective.Name, ObjectiveForm.Describe(objective), StatusCodes.Status204NoContent);
        if (await catalog.SaveAsync(Thing, taken: null, cancellationToken) is { } late)
            return late;

        return TypedResults.NoContent();
    }

    private static Task<BackupObjectiveEntity?> FindAsync(RouteId id, CatalogContext catalog, CancellationToken cancellationToken) =>
        catalog.BackupObjectives.AsNoTracking().SingleOrDefaultAsync(p => p.Id == id.Value, cancellationToken);

    private static ApiErrorResult? Refuse(Caller caller, ApplianceSelection selection) =>
        caller.MayAll(PrivilegeType.Backup, selection) ? null : ApiErrors.Forbidden("Backup on all appliances that the objective selects");

    private static ApiErrorResult NotFound() => ApiErrors.NotFound(Thing);

    private static ApiErrorResult Taken() =>
        ApiErrors.Conflict(ErrorIds.Conflict, "Another objective has that name or id already. Choose another.");
}
