using Backstay.Controller.Access;
using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Appliances;

/// <summary>The machines that are backed up.</summary>
internal static class AppliancesApi
{
    /// <summary>Who may back an appliance up has to find it by its name.</summary>
    private static readonly PrivilegeType[] Readers = [PrivilegeType.View, PrivilegeType.Backup];

    public static IEndpointRouteBuilder MapAppliances(this IEndpointRouteBuilder app)
    {
        var appliances = app.MapGroup("/admin/appliances").WithTags("Appliances").Refuses(401, 403);
        appliances.MapGet("", ListAsync)
            .RequireAnyPrivilege(PrivilegeTarget.Appliance, Readers)
            .Refuses(400)
            .WithSummary("List appliances")
            .WithDescription("Those in the caller's scope, by name. `query` looks into name, hostname, site name, notes and tags; `filterBy` "
                + "takes `id`, `name`, `hostname`, `site`, `siteName`, `tags`, `function` and `activated`.");
        appliances.MapGet("/status", StatusAsync)
            .RequireAnyPrivilege(PrivilegeTarget.Appliance, ApplianceCondition.Readers)
            .Refuses(400)
            .WithSummary("List appliances with their condition")
            .WithDescription("`status` is `n/a` before activation, `offline` when the agent isn't heard of, `busy` while a backup is "
                + "unfinished, `error` with 97 % of the disk used, `warning` with 90 % or when the last backup failed, else `healthy`.");
        appliances.MapPost("", CreateAsync)
            .RequirePrivilege(PrivilegeType.Create, PrivilegeTarget.Appliance)
            .Takes(typeof(Appliance))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Create an appliance")
            .WithDescription("Inactive: it is activated when an agent enrols with a seed of `…/export`. Without any role it gets `logServer`. "
                + "A name that another appliance has, letter case ignored, is refused (409).");
        appliances.MapGet("/{id}", GetAsync)
            .RequireAnyPrivilege(PrivilegeTarget.Appliance, Readers)
            .Refuses(404)
            .WithSummary("Read an appliance")
            .WithDescription("What people and its enrolment made it. Its condition is in `/appliances/status`.");
        appliances.MapPut("/{id}", PutAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.Appliance)
            .Takes(typeof(Appliance))
            .Refuses(400, 404, 409, 413, 422)
            .WithSummary("Change an appliance")
            .WithDescription("The whole object. `activated`, `created` and `updated` are read only and ignored.");
        appliances.MapDelete("/{id}", DeleteAsync)
            .RequirePrivilege(PrivilegeType.Delete, PrivilegeTarget.Appliance)
            .Refuses(404, 412)
            .WithSummary("Delete an appliance")
            .WithDescription("Its agent's credential is void at once. Refused while it has archives or an unfinished backup (412): no backup "
                + "disappears because of a tidied list. Delete the backups first.");
        appliances.MapPost("/{id}/export", ExportAsync)
            .RequirePrivilege(PrivilegeType.Export, PrivilegeTarget.Appliance)
            .Refuses(404, 412)
            .WithSummary("Make a seed for the agent")
            .WithDescription("What `backstay-agent enrol` takes: where the controllers are, their keys, and a token that works once within "
                + "24 hours. A new seed voids the one before. Refused for an activated appliance (412).");
        appliances.MapPost("/{id}/replace", ReplaceAppliance.HandleAsync)
            .RequirePrivilege(PrivilegeType.Export, PrivilegeTarget.Appliance)
            .Refuses(404)
            .WithSummary("Let another machine take an appliance's place")
            .WithDescription("Deactivates the appliance and makes a new seed for it in one step: id, name, backups and archives stay, the old "
                + "agent's credential and an open seed are void at once, and its unfinished backup ends as `cancelled`. Takes `Edit` as well as "
                + "`Export`. Said again, it makes another seed.");
        appliances.MapPost("/{id}/deactivate", DeactivateAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.Appliance)
            .Refuses(404)
            .WithSummary("Deactivate an appliance")
            .WithDescription("Its agent's credential and an open seed are void at once, and its unfinished backup ends as `cancelled`. Its "
                + "archives stay. Said again, answered again.");
        return app;
    }

    private static async Task<Results<Ok<PagedList<Appliance>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var appliances = catalog.Appliances.AsNoTracking().InScope(caller, PrivilegeTarget.Appliance, Readers);
        var (list, error) = await query.PageAsync(appliances, ApplianceLookup.Shape, ApplianceRoles.ToWire, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<PagedList<ApplianceStatus>>, ApiErrorResult>> StatusAsync(
        [AsParameters] ListQuery query, Caller caller, ApplianceCondition condition, CancellationToken cancellationToken)
    {
        var (list, error) = await condition.PageAsync(query, caller, cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<Appliance>, ApiErrorResult>> GetAsync(
        RouteId id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (appliance, error) = await ApplianceLookup.FindAsync(catalog, id, caller, Readers, cancellationToken);
        return appliance is null ? error! : TypedResults.Ok(ApplianceRoles.ToWire(appliance));
    }

    private static async Task<Results<Ok<Appliance>, ApiErrorResult>> CreateAsync(
        HttpContext context,
        Caller caller,
        CatalogContext catalog,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.Appliance, cancellationToken);
        if (wish is null)
        {
            return error!;
        }

        var now = time.GetUtcNow();
        var id = wish.Id ?? Guid.CreateVersion7(now);
        if (!caller.May(PrivilegeType.Create, PrivilegeTarget.Appliance, id, wish.Tags ?? []))
        {
            return ApiErrors.Forbidden("creating an appliance outside of your scope");
        }

        if (Check(wish) is { } refusal)
        {
            return refusal;
        }

        var appliance = new ApplianceEntity { Id = id, Name = wish.Name!, Created = now, Updated = now };
        Copy(wish, appliance, now);
        catalog.Appliances.Add(appliance);
        audit.Add("appliance.create", appliance.Name);
        if (await catalog.SaveAsync("appliance", Taken, cancellationToken) is { } late)
            return late;

        context.Response.Headers.Location = $"/admin/appliances/{appliance.Id}";
        return TypedResults.Ok(ApplianceRoles.ToWire(appliance));
    }

    private static async Task<Results<Ok<Appliance>, ApiErrorResult>> PutAsync(
        RouteId id,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if ((await ApplianceLookup.FindAsync(catalog, id, caller, PrivilegeType.Edit, cancellationToken)).Error is { } notYours)
        {
            return notYours;
        }

        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.Appliance, cancellationToken);
        if (wish is null)
        {
            return error!;
        }

        if (!caller.May(PrivilegeType.Edit, PrivilegeTarget.Appliance, id, wish.Tags ?? []))
        {
            return ApiErrors.Forbidden("moving an appliance out of your scope");
        }

        if (Check(wish) is { } refusal)
        {
            return refusal;
        }

        // Only the columns that the caller may change are written: an agent that enrols or reports meanwhile loses nothing.
        var appliance = await catalog.Appliances.SingleOrDefaultAsync(a => a.Id == id.Value, cancellationToken);
        if (appliance is null)
        {
            return ApiErrors.NotFound("appliance");
        }

        Copy(wish, appliance, time.GetUtcNow());
        audit.Add("appliance.change", appliance.Name);
        if (await catalog.SaveAsync("appliance", Taken, cancellationToken) is { } late)
            return late;

        return TypedResults.Ok(ApplianceRoles.ToWire(appliance));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, Caller caller, CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        var (appliance, error) = await ApplianceLookup.FindAsync(catalog, id, caller, PrivilegeType.Delete, cancellationToken);
        if (appliance is null)
        {
            return error!;
        }

        var kept = await catalog.Backups.CountAsync(
            backup => backup.ApplianceId == appliance.Id && backup.State != BackupState.Failed, cancellationToken);
        if (kept > 0)
        {
            return Kept(kept, appliance);
        }

        // A backup that was begun since it was counted isn't a failed one: it stays, and the appliance, which it refers to, with it.
        await catalog.Backups
            .Where(backup => backup.ApplianceId == appliance.Id && backup.State == BackupState.Failed)
            .ExecuteDeleteAsync(cancellationToken);
        try
        {
            await catalog.Appliances.Where(a => a.Id == appliance.Id).ExecuteDeleteAsync(cancellationToken);
        }
        catch (Exception exception) when (CatalogErrors.BreaksReference(exception))
        {
            return Kept(1, appliance);
        }

        audit.Add("appliance.delete", appliance.Name, outcome: StatusCodes.Status204NoContent);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Seed>, ApiErrorResult>> ExportAsync(
        RouteId id, Caller caller, HttpRequest request, CatalogContext catalog, Seeds seeds, CancellationToken cancellationToken)
    {
        var (appliance, error) = await ApplianceLookup.FindAsync(catalog, id, caller, PrivilegeType.Export, cancellationToken);
        if (appliance is null)
        {
            return error!;
        }

        var seed = await seeds.MakeAsync(appliance, request, cancellationToken);
        return seed is null
            ? ApiErrors.PreconditionFailed(
                ErrorIds.ApplianceAlreadyActivated, $"{appliance.Name} is activated. Deactivate it first to enrol another agent for it.")
            : TypedResults.Ok(seed);
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeactivateAsync(
        RouteId id, Caller caller, CatalogContext catalog, Seeds seeds, BackupEnding ending, IHintChannel hints, CancellationToken cancellationToken)
    {
        var (appliance, error) = await ApplianceLookup.FindAsync(catalog, id, caller, PrivilegeType.Edit, cancellationToken);
        if (appliance is null)
        {
            return error!;
        }

        await seeds.RevokeAsync(appliance, cancellationToken);
        await hints.SendAsync(AgentHint.Cut(appliance.Id));
        await ending.FailUnfinishedAsync(appliance.Id, BackupFailure.Deactivated(caller.Name));
        return TypedResults.NoContent();
    }

    private static ApiErrorResult? Check(Appliance wish)
    {
        var errors = new FieldErrors();
        errors.Id("id", wish.Id);
        errors.Name("name", wish.Name);
        errors.Line("hostname", wish.Hostname, 253);
        errors.Line("siteName", wish.SiteName, 128);
        errors.Text("notes", wish.Notes, 4096);
        errors.Tags("tags", wish.Tags);
        return errors.Refusal;
    }

    private static void Copy(Appliance wish, ApplianceEntity appliance, DateTimeOffset now)
    {
        appliance.Name = wish.Name!;
        appliance.Hostname = wish.Hostname;
        appliance.Site = wish.Site;
        appliance.SiteName = wish.SiteName;
        appliance.Notes = wish.Notes;
        appliance.Tags = [.. (wish.Tags ?? []).Distinct()];
        appliance.Functions = ApplianceRoles.Of(wish);
        appliance.Updated = now;
    }

    private static ApiErrorResult Kept(int backups, ApplianceEntity appliance) => ApiErrors.PreconditionFailed(
        ErrorIds.PreconditionFailed,
        $"{backups} backup(s) of {appliance.Name} are unfinished, have an archive, or are just being removed. Delete the backups "
        + "first; deactivate the appliance to keep them without its agent.");

    private static ApiErrorResult Taken() =>
        ApiErrors.Conflict(ErrorIds.Conflict, "Another appliance has that name or id already. Choose another.");
}
