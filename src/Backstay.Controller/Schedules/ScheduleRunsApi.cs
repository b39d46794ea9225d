using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Schedules;

/// <summary>The runs of a schedule: those to come, those that were, and one that is asked for.</summary>
internal static class ScheduleRunsApi
{
    public static async Task<Results<Ok<UpcomingRuns>, ApiErrorResult>> PreviewAsync(
        HttpRequest request, Caller caller, ScheduleMembers members, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (schedule, error) = await ScheduleAccess.ReadNewAsync(request, caller, now, cancellationToken);
        return schedule is null ? error! : TypedResults.Ok(await UpcomingAsync(schedule, members, now, cancellationToken));
    }

    public static async Task<Results<Ok<UpcomingRuns>, ApiErrorResult>> NextAsync(
        RouteId id, Caller caller, CatalogContext catalog, ScheduleMembers members, TimeProvider time, CancellationToken cancellationToken)
    {
        var (schedule, error) = await ScheduleAccess.FindAsync(id, caller, catalog, cancellationToken);
        return schedule is null ? error! : TypedResults.Ok(await UpcomingAsync(schedule, members, time.GetUtcNow(), cancellationToken));
    }

    public static async Task<Results<Accepted<RunAccepted>, ApiErrorResult>> RunAsync(
        RouteId id,
        Caller caller,
        CatalogContext catalog,
        ScheduleMembers members,
        ScheduleHint hint,
        AuditTrail audit,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (schedule, error) = await ScheduleAccess.FindAsync(id, caller, catalog, cancellationToken);
        if (schedule is null)
            return error!;

        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        var appliances = await members.RunNowAsync(
            schedule.Id, time.GetUtcNow(), TimeSpan.FromMinutes(schedule.WindowMinutes), "Asked for.", only: null, cancellationToken);
        audit.Add("schedule.run", schedule.Name, $"for {appliances} appliance(s)", StatusCodes.Status202Accepted);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        hint.Wake();
        return TypedResults.Accepted($"/admin/backup-schedules/{schedule.Id}/appliances", new RunAccepted(appliances));
    }

    public static async Task<Results<Ok<PagedList<ScheduledAppliance>>, ApiErrorResult>> AppliancesAsync(
        RouteId id,
        [AsParameters] ListQuery query,
        Caller caller,
        CatalogContext catalog,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (schedule, error) = await ScheduleAccess.FindAsync(id, caller, catalog, cancellationToken);
        if (schedule is null)
            return error!;

        var rows =
            from scheduled in catalog.ScheduledAppliances.AsNoTracking()
            join appliance in catalog.Appliances on scheduled.ApplianceId equals appliance.Id
            where scheduled.ScheduleId == schedule.Id
            select new ListedRun { Scheduled = scheduled, ApplianceName = appliance.Name };
        var rule = schedule.Paused ? null : ScheduleRule.TryOf(schedule);
        var now = time.GetUtcNow();
        (var list, error) = await query.PageAsync(rows, ListedRun.Shape, listed => listed.ToWire(rule, now), cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<UpcomingRuns> UpcomingAsync(
        BackupScheduleEntity schedule, ScheduleMembers members, DateTimeOffset now, CancellationToken cancellationToken) =>
        ScheduleWire.ToUpcoming(schedule, await members.Participants(schedule.Appliances).CountAsync(cancellationToken), now);
}
