using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Schedules;

/// <summary>Finds the schedule of a path, reads the one in a body, and refuses those that the caller couldn't start every backup of.</summary>
internal static class ScheduleAccess
{
    /// <summary>In the order of all calls: it exists (404), then it is in the caller's scope (403).</summary>
    public static async Task<(BackupScheduleEntity? Schedule, ApiErrorResult? Error)> FindAsync(
        RouteId id, Caller caller, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var schedule = await catalog.BackupSchedules.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id.Value, cancellationToken);
        return schedule is null ? (null, ApiErrors.NotFound("schedule"))
            : caller.MayAll(PrivilegeType.Backup, schedule.Appliances) ? (schedule, null)
            : (null, NotCovered());
    }

    /// <summary>A schedule that isn't kept yet.</summary>
    public static async Task<(BackupScheduleEntity? Schedule, ApiErrorResult? Error)> ReadNewAsync(
        HttpRequest request, Caller caller, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.BackupSchedule, cancellationToken);
        if (wish is null)
            return (null, error);
        if (Refuse(wish, caller, now) is { } refusal)
            return (null, refusal);

        var schedule = new BackupScheduleEntity
        {
            Id = wish.Id ?? Guid.CreateVersion7(now),
            Name = wish.Name!,
            Cron = wish.Cron!,
            TimeZone = wish.TimeZone ?? ScheduleDefaults.TimeZone,
            Appliances = wish.Appliances!,
            Created = now,
            Updated = now,
        };
        ScheduleWire.Copy(wish, schedule, now);
        return (schedule, null);
    }

    public static ApiErrorResult? Refuse(BackupSchedule wish, Caller caller, DateTimeOffset now) =>
        ScheduleChecks.Check(wish, now)
        ?? (caller.MayAll(PrivilegeType.Backup, wish.Appliances!) ? null : NotCovered());

    private static ApiErrorResult NotCovered() => ApiErrors.Forbidden(
        "Backup on every appliance that the schedule can select. Select by the ids or tags that your privileges name");
}
