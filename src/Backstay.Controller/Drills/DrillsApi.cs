using Backstay.Controller.Access;
using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Auditing;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Drills;

/// <summary>Drills are for those who may back the appliance up; what drill machines call is <see cref="DrillWork"/>.</summary>
internal static class DrillsApi
{
    public static IEndpointRouteBuilder MapDrills(this IEndpointRouteBuilder app)
    {
        var drills = app.MapGroup("/admin").WithTags("Drills")
            .RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)
            .Refuses(401, 403);
        drills.MapPost("/appliances/{id}/backup/{backupId}/drill", StartAsync)
            .Refuses(404, 410, 412)
            .WithSummary("Drill a backup")
            .WithDescription("The next drill machine that may read it restores it to a scratch place, runs the checks that are configured there, and "
                + "removes it. Poll `Location`. One that has not ended is answered again. Refused (412) when no drill machine may read the "
                + "appliance's archives.");
        drills.MapGet("/drills", ListAsync)
            .Refuses(400)
            .WithSummary("List drills")
            .WithDescription("Those of appliances in the caller's scope, newest first. `query` looks into appliance name, message and who asked for it; "
                + "`filterBy` takes `id`, `applianceId`, `applianceName`, `backupId`, `machineId` and `state`.");
        drills.MapGet("/drills/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read a drill")
            .WithDescription("`state` is `waiting`, `running`, `passed`, `failed`, `could-not` or `cancelled`. One that waits with a `message` was tried: "
                + "it says why that could not be, and `nextTry` when it is tried again.");
        drills.MapDelete("/drills/{id}", CancelDrill.HandleAsync)
            .Refuses(404, 412)
            .WithSummary("Cancel a drill")
            .WithDescription("One that waits or runs; its machine stops when it next renews its lease, and removes what it restored. It is no result of a "
                + "verification. Said again, answered again; refused (412) for one that has ended otherwise.");
        app.MapDrillMachines();

        var work = app.MapGroup("/agent/v1/drills").WithTags("Agent").RequireAgent();
        work.MapPost("/claim", DrillWork.ClaimAsync)
            .WithName("ClaimDrill").WithSummary("Gives a drill machine its next drill.");
        work.MapGet("/{id:guid}/{attempt:int}/archive", DrillWork.ReadAsync).RequireRateLimiting(RequestLimits.Downloads)
            .WithName("ReadDrillArchive").WithSummary("Bytes of the archive of the drill that the machine has, from an offset on.");
        work.MapPost("/{id:guid}/{attempt:int}/lease", DrillWork.RenewAsync)
            .WithName("RenewDrill").WithSummary("Keeps the drill for this machine, and says how far it is.");
        work.MapPost("/{id:guid}/{attempt:int}/result", DrillWork.ReportAsync)
            .WithName("ReportDrill").WithSummary("Ends the attempt. Idempotent.");
        return app;
    }

    private static async Task<Results<Accepted<Drill>, ApiErrorResult>> StartAsync(
        RouteId id, RouteId backupId, Caller caller, BackupAccess access, CatalogContext catalog, DrillQueue queue, AuditTrail audit,
        CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;
        if (backup.State == BackupState.Failed)
            return ApiErrors.Gone("That backup failed: there is nothing to restore. Its status says why.");
        if (backup.State != BackupState.Succeeded)
            return ApiErrors.PreconditionFailed(ErrorIds.BackupProcessing, "That backup is still being made. Poll its status until it is done.");

        // What a selection selects is not for the database to say. Drill machines are few.
        var machines = await catalog.DrillMachines.AsNoTracking().Select(m => m.Appliances).ToListAsync(cancellationToken);
        if (!machines.Any(selection => selection.Matches(appliance!)))
        {
            return ApiErrors.PreconditionFailed(
                ErrorIds.NoDrillMachine,
                $"No drill machine may read archives of {appliance!.Name}. Make one with: backstay drill enable MACHINE --appliance {appliance.Name}");
        }

        var drill = await queue.AddAsync(
            backup,
            caller.Name,
            () => audit.Add("drill.start", appliance!.Name, $"backup {backup.Id}", StatusCodes.Status202Accepted),
            cancellationToken);
        var listed = await ListedDrill.Rows(catalog, catalog.Appliances).SingleAsync(l => l.Drill.Id == drill.Id, cancellationToken);
        return TypedResults.Accepted($"/admin/drills/{drill.Id}", listed.ToWire());
    }

    private static async Task<Results<Ok<PagedList<Drill>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var rows = ListedDrill.Rows(catalog, catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, PrivilegeType.Backup));
        var newestFirst = string.IsNullOrEmpty(query.OrderBy) && string.IsNullOrEmpty(query.Descending);
        var (list, error) = await (newestFirst ? query with { Descending = "true" } : query)
            .PageAsync(rows, ListedDrill.Shape, listed => listed.ToWire(), cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<Drill>, ApiErrorResult>> GetAsync(
        RouteId id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        // One of an appliance that isn't the caller's is as good as none.
        var rows = ListedDrill.Rows(catalog, catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, PrivilegeType.Backup));
        var listed = await rows.SingleOrDefaultAsync(l => l.Drill.Id == id.Value, cancellationToken);
        return listed is null ? ApiErrors.NotFound("drill") : TypedResults.Ok(listed.ToWire());
    }
}
