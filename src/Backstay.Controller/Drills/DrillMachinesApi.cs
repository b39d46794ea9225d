using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Drills;

/// <summary>
/// Who may read archives for practice. It takes a privilege of its own, and that on every archive which is opened up by it: nobody gives to a
/// machine what they don't have.
/// </summary>
internal static class DrillMachinesApi
{
    private const int MostDays = 365;

    public static IEndpointRouteBuilder MapDrillMachines(this IEndpointRouteBuilder app)
    {
        var machines = app.MapGroup("/admin/drill-machines").WithTags("Drills").Refuses(401, 403);
        machines.MapGet("", ListAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.DrillMachine)
            .Refuses(400)
            .WithSummary("List drill machines")
            .WithDescription("`query` looks into the name and who made it one; `filterBy` takes `applianceId` and `name`.");
        machines.MapGet("/{id}", GetAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.DrillMachine)
            .Refuses(404)
            .WithSummary("Read a drill machine")
            .WithDescription("`id` is the appliance's. Who made it one, and of which appliances it may read archives.");
        machines.MapPut("/{id}", PutAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.DrillMachine)
            .Takes(typeof(DrillMachine))
            .Refuses(400, 404, 412, 413, 422)
            .WithSummary("Make an appliance a drill machine")
            .WithDescription("`id` is the appliance's. Said again, it replaces what was said before. Needs `Edit` on `DrillMachine`, and `Backup` on every "
                + "appliance that `appliances` can select. The right belongs to the machine as it is enrolled now (412 before that): after another "
                + "enrolment it has to be given again. With `everyDays` the newest good backup of each appliance is drilled at least so often.");
        machines.MapDelete("/{id}", DeleteAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.DrillMachine)
            .Refuses(404)
            .WithSummary("Make a drill machine an ordinary appliance again")
            .WithDescription("It reads no archive from then on; a drill that it has waits for another machine.");
        return app;
    }

    private static async Task<Results<Ok<PagedList<DrillMachine>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, CatalogContext catalog, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (list, error) = await query.PageAsync(ListedMachine.Rows(catalog), ListedMachine.Shape, m => m.ToWire(now), cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<DrillMachine>, ApiErrorResult>> GetAsync(
        RouteId id, CatalogContext catalog, TimeProvider time, CancellationToken cancellationToken)
    {
        var listed = await ListedMachine.Rows(catalog).SingleOrDefaultAsync(l => l.Machine.ApplianceId == id.Value, cancellationToken);
        return listed is null ? NotFound() : TypedResults.Ok(listed.ToWire(time.GetUtcNow()));
    }

    private static async Task<Results<Ok<DrillMachine>, ApiErrorResult>> PutAsync(
        RouteId id, HttpRequest request, Caller caller, CatalogContext catalog, AuditTrail audit, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var appliance = await catalog.Appliances.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id.Value, cancellationToken);
        if (appliance is null)
            return ApiErrors.NotFound("appliance");

        var (wish, unreadable) = await RequestBody.ReadAsync(request, AdminJson.Default.DrillMachine, cancellationToken);
        if (wish is null)
            return unreadable!;

        var errors = new FieldErrors();
        ApplianceSelector.Check(errors, "appliances", wish.Appliances);
        errors.Range("everyDays", wish.EveryDays, 1, MostDays);
        if (errors.Refusal is { } invalid)
            return invalid;
        if (!caller.MayAll(PrivilegeType.Backup, wish.Appliances!))
            return ApiErrors.Forbidden("Backup on every appliance whose archives the machine may read. Select by the ids or tags that your privileges name");
        if (appliance.CredentialHash is not { } credential)
            return ApiErrors.PreconditionFailed(ErrorIds.ApplianceNotActivated, "The appliance isn't activated. Enrol its agent first.");

        var now = time.GetUtcNow();
        var machine = await catalog.DrillMachines.SingleOrDefaultAsync(m => m.ApplianceId == appliance.Id, cancellationToken);
        var made = machine is null;
        if (machine is null)
        {
            machine = new DrillMachineEntity
            {
                ApplianceId = appliance.Id,
                CredentialHash = credential,
                Appliances = wish.Appliances!,
                MadeBy = caller.Name,
                Created = now,
                Updated = now,
                NextLook = now,
            };
            catalog.DrillMachines.Add(machine);
        }

        machine.CredentialHash = credential;
        machine.Appliances = wish.Appliances!.Tidy();
        machine.EveryDays = wish.EveryDays;
        machine.MadeBy = caller.Name;
        machine.Updated = now;
        machine.NextLook = now;
        audit.Add(made ? "drill-machine.create" : "drill-machine.change", appliance.Name, Describe(machine));
        try
        {
            await catalog.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException exception) when (
            exception is DbUpdateConcurrencyException || exception.IsTaken() || CatalogErrors.BreaksReference(exception))
        {
            return ApiErrors.Conflict(ErrorIds.Conflict, "Somebody else changed the same at the same moment. Look at it, then say it again.");
        }

        return TypedResults.Ok(new ListedMachine { Machine = machine, Appliance = appliance }.ToWire(now));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, CatalogContext catalog, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        var listed = await ListedMachine.Rows(catalog).SingleOrDefaultAsync(l => l.Machine.ApplianceId == id.Value, cancellationToken);
        if (listed is null)
            return NotFound();

        var now = time.GetUtcNow();
        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        if (await catalog.DrillMachines.Where(m => m.ApplianceId == id.Value).ExecuteDeleteAsync(cancellationToken) == 0)
            return NotFound();

        // What it has is over at once, not when its lease is.
        await catalog.Drills
            .Where(d => d.MachineId == id.Value && d.State == DrillState.Running)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(d => d.State, DrillState.Waiting)
                    .SetProperty(d => d.LeaseUntil, (DateTimeOffset?)null)
                    .SetProperty(d => d.NextTry, now)
                    .SetProperty(d => d.Message, "Its machine is no drill machine any more; the drill waits for another."),
                cancellationToken);
        audit.Add("drill-machine.delete", listed.Appliance.Name, Describe(listed.Machine), StatusCodes.Status204NoContent);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static string Describe(DrillMachineEntity machine)
    {
        var selection = machine.Appliances;
        var whose = selection.All
            ? "all appliances"
            : string.Join(
                ", ",
                new[] { ("ids", selection.Ids?.Select(i => i.ToString())), ("tags", selection.Tags), ("functions", selection.Functions) }
                    .Where(kind => kind.Item2 is not null)
                    .Select(kind => $"{kind.Item1} {string.Join(' ', kind.Item2!)}"));
        return $"reads archives of {whose}{(machine.EveryDays is { } days ? $", every {days} day(s)" : "")}";
    }

    private static ApiErrorResult NotFound() => ApiErrors.NotFound("drill machine");
}
