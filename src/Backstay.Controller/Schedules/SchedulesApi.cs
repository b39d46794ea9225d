using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Schedules;

/// <summary>
/// Schedules belong to those who could start every backup that they start: <c>Backup</c> on all that is selected, for every call
/// (docs/decisions/0083).
/// </summary>
internal static class SchedulesApi
{
    private const string Scope = "Needs `Backup` on every appliance that the schedule can select.";

    public static IEndpointRouteBuilder MapSchedules(this IEndpointRouteBuilder app)
    {
        var schedules = app.MapGroup("/admin/backup-schedules").WithTags("Schedules")
            .RequirePrivilege(PrivilegeType.Backup, PrivilegeTarget.Appliance)
            .Refuses(401, 403);
        schedules.MapGet("", ListAsync)
            .Refuses(400)
            .WithSummary("List schedules")
            .WithDescription("Those whose appliances the caller may back up, all of them. `query` looks into name, expression, time zone and "
                + "notes; `filterBy` takes `id`, `name` and `paused`.");
        schedules.MapPost("", CreateAsync)
            .Takes(typeof(BackupSchedule))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Create a schedule")
            .WithDescription("`cron` has five fields and is read by the clock of `timeZone`. A run is due for each appliance at that time plus a "
                + $"delay of its own within `spreadMinutes`, and may begin for `windowMinutes`: an appliance that is offline is waited for so long. {Scope}");
        schedules.MapPost("/next", ScheduleRunsApi.PreviewAsync)
            .Takes(typeof(BackupSchedule))
            .Refuses(400, 413, 422)
            .WithSummary("Show what a schedule would do")
            .WithDescription("The next ten runs and the number of appliances, as they would be now. Nothing is saved.");
        schedules.MapGet("/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read a schedule")
            .WithDescription("With its next run, and how many of its appliances wait or were missed. One whose appliances the caller may not all back up is refused (403).");
        schedules.MapPut("/{id}", PutAsync)
            .Takes(typeof(BackupSchedule))
            .Refuses(400, 404, 409, 413, 422)
            .WithSummary("Change a schedule")
            .WithDescription("The whole object; `paused` pauses and resumes. With another expression, time zone, spread or `paused` it begins anew: "
                + "what waits counts as missed, and nothing is made up for what was due before. `nextRun`, `waiting` and `missed` are read only.");
        schedules.MapDelete("/{id}", DeleteAsync)
            .Refuses(404)
            .WithSummary("Delete a schedule")
            .WithDescription("Backups that it began go on, and stay.");
        schedules.MapPost("/{id}/run", ScheduleRunsApi.RunAsync)
            .Refuses(404)
            .WithSummary("Run a schedule now")
            .WithDescription("Due at once for every appliance, without spread; one that is offline is waited for within the window. Works while the "
                + "schedule is paused. Follow it with `…/appliances`.");
        schedules.MapGet("/{id}/next", ScheduleRunsApi.NextAsync)
            .Refuses(404)
            .WithSummary("Show the next ten runs")
            .WithDescription("None while the schedule is paused.");
        schedules.MapGet("/{id}/appliances", ScheduleRunsApi.AppliancesAsync)
            .Refuses(400, 404)
            .WithSummary("List a schedule's appliances with their last run")
            .WithDescription("`state` is `waiting`, `started`, `served` by a backup that was under way, or `missed`. `query` looks into appliance name "
                + "and message; `filterBy` takes `applianceId`, `applianceName` and `state`.");
        return app;
    }

    private static async Task<Results<Ok<PagedList<BackupSchedule>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, TimeProvider time, CancellationToken cancellationToken)
    {
        IQueryable<BackupScheduleEntity> schedules = catalog.BackupSchedules.AsNoTracking();
        if (!caller.MayAll(PrivilegeType.Backup, PrivilegeTarget.Appliance))
        {
            // What a selection covers is not for the database to say. Schedules are few.
            var all = await schedules.Select(s => new { s.Id, s.Appliances }).ToListAsync(cancellationToken);
            var visible = all.Where(s => caller.MayAll(PrivilegeType.Backup, s.Appliances)).Select(s => s.Id).ToList();
            schedules = schedules.Where(s => visible.Contains(s.Id));
        }

        var counts = await RunCounts.OfAsync(catalog.ScheduledAppliances, cancellationToken);
        var now = time.GetUtcNow();
        var (list, error) = await query.PageAsync(
            schedules, ScheduleWire.Shape, s => ScheduleWire.ToWire(s, counts.GetValueOrDefault(s.Id, RunCounts.None), now), cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<BackupSchedule>, ApiErrorResult>> GetAsync(
        RouteId id, Caller caller, CatalogContext catalog, TimeProvider time, CancellationToken cancellationToken)
    {
        var (schedule, error) = await ScheduleAccess.FindAsync(id, caller, catalog, cancellationToken);
        return schedule is null ? error! : TypedResults.Ok(await ToWireAsync(schedule, catalog, time.GetUtcNow(), cancellationToken));
    }

    private static async Task<Results<Ok<BackupSchedule>, ApiErrorResult>> CreateAsync(
        HttpContext context,
        Caller caller,
        CatalogContext catalog,
        ScheduleMembers members,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (schedule, error) = await ScheduleAccess.ReadNewAsync(context.Request, caller, time.GetUtcNow(), cancellationToken);
        if (schedule is null)
            return error!;

        catalog.BackupSchedules.Add(schedule);
        audit.Add("schedule.create", schedule.Name, Describe(schedule));
        await members.JoinAsync(schedule, ScheduleRule.Of(schedule), schedule.Created, cancellationToken);
        if (await catalog.SaveAsync("schedule", Taken, cancellationToken) is { } late)
            return late;

        context.Response.Headers.Location = $"/admin/backup-schedules/{schedule.Id}";
        return TypedResults.Ok(await ToWireAsync(schedule, catalog, schedule.Created, cancellationToken));
    }

    private static async Task<Results<Ok<BackupSchedule>, ApiErrorResult>> PutAsync(
        RouteId id,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        ScheduleMembers members,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if ((await ScheduleAccess.FindAsync(id, caller, catalog, cancellationToken)).Error is { } notYours)
            return notYours;

        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.BackupSchedule, cancellationToken);
        if (wish is null)
            return error!;

        var now = time.GetUtcNow();
        if (ScheduleAccess.Refuse(wish, caller, now) is { } refusal)
            return refusal;

        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        var schedule = await catalog.BackupSchedules.SingleOrDefaultAsync(s => s.Id == id.Value, cancellationToken);
        if (schedule is null)
            return ApiErrors.NotFound("schedule");

        var before = (schedule.Cron, schedule.TimeZone, schedule.SpreadMinutes, schedule.Paused);
        ScheduleWire.Copy(wish, schedule, now);
        audit.Add("schedule.change", schedule.Name, Describe(schedule));
        if (await catalog.SaveAsync("schedule", Taken, cancellationToken) is { } late)
            return late;

        await members.LeaveAsync(schedule, cancellationToken);
        if (before != (schedule.Cron, schedule.TimeZone, schedule.SpreadMinutes, schedule.Paused))
            await members.RestartAsync(schedule.Id, now, "The schedule was paused or changed while the run waited.", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(await ToWireAsync(schedule, catalog, now, cancellationToken));
    }

    private static async Task<Results<NoContent, ApiErrorResult>> DeleteAsync(
        RouteId id, Caller caller, CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        var (schedule, error) = await ScheduleAccess.FindAsync(id, caller, catalog, cancellationToken);
        if (schedule is null)
            return error!;

        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        if (await catalog.BackupSchedules.Where(s => s.Id == schedule.Id).ExecuteDeleteAsync(cancellationToken) == 0)
            return ApiErrors.NotFound("schedule");

        audit.Add("schedule.delete", schedule.Name, outcome: StatusCodes.Status204NoContent);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<BackupSchedule> ToWireAsync(
        BackupScheduleEntity schedule, CatalogContext catalog, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var counts = await RunCounts.OfAsync(catalog.ScheduledAppliances.Where(s => s.ScheduleId == schedule.Id), cancellationToken);
        return ScheduleWire.ToWire(schedule, counts.GetValueOrDefault(schedule.Id, RunCounts.None), now);
    }

    private static string Describe(BackupScheduleEntity schedule) =>
        $"{schedule.Cron} {schedule.TimeZone}{(schedule.Paused ? ", paused" : "")}";

    private static ApiErrorResult Taken() =>
        ApiErrors.Conflict(ErrorIds.Conflict, "Another schedule has that name or id already. Choose another.");
}
