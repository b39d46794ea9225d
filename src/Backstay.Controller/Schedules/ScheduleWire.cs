using System.Linq.Expressions;
using System.Text.Json;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Schedules;

/// <summary>Schedules as clients read and write them.</summary>
internal static class ScheduleWire
{
    /// <summary>How many of the next runs are shown.</summary>
    public const int Upcoming = 10;

    public static readonly ListShape<BackupScheduleEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<BackupScheduleEntity, object?>>>
        {
            ["name"] = schedule => schedule.Name,
            ["created"] = schedule => schedule.Created,
            ["updated"] = schedule => schedule.Updated,
            ["id"] = schedule => schedule.Id,
        },
        Holds = pattern => schedule => EF.Functions.Like(schedule.Name, pattern, @"\")
            || EF.Functions.Like(schedule.Cron, pattern, @"\")
            || EF.Functions.Like(schedule.TimeZone, pattern, @"\")
            || EF.Functions.Like(schedule.Notes, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<BackupScheduleEntity, bool>>?>>
        {
            ["id"] = value => Guid.TryParse(value, out var id) ? schedule => schedule.Id == id : null,
            ["name"] = value => schedule => schedule.Name == value,
            ["paused"] = value => bool.TryParse(value, out var paused) ? schedule => schedule.Paused == paused : null,
        },
    };

    public static void Copy(BackupSchedule wish, BackupScheduleEntity schedule, DateTimeOffset now)
    {
        schedule.Name = wish.Name!;
        schedule.Notes = wish.Notes;
        schedule.Cron = wish.Cron!.Trim();
        schedule.TimeZone = wish.TimeZone ?? ScheduleDefaults.TimeZone;
        schedule.Appliances = wish.Appliances!.Tidy();
        schedule.Logs = wish.Logs;
        schedule.Audit = wish.Audit;
        schedule.SpreadMinutes = wish.SpreadMinutes;
        schedule.WindowMinutes = wish.WindowMinutes;
        schedule.CatchUp = wish.CatchUp;
        schedule.Paused = wish.Paused;
        schedule.Updated = now;
        schedule.NextTelling = null;
    }

    public static BackupSchedule ToWire(BackupScheduleEntity schedule, RunCounts counts, DateTimeOffset now) => new(
        schedule.Id,
        schedule.Name,
        schedule.Cron,
        schedule.TimeZone,
        schedule.Appliances,
        schedule.Logs,
        schedule.Audit,
        schedule.SpreadMinutes,
        schedule.WindowMinutes,
        schedule.CatchUp,
        schedule.Paused,
        schedule.Notes,
        schedule.Created,
        schedule.Updated,
        schedule.Paused ? null : ScheduleRule.TryOf(schedule)?.TimesAfter(now, 1).Select(time => (DateTimeOffset?)time).FirstOrDefault(),
        counts.Waiting,
        counts.Missed,
        ScheduleRule.ProblemOf(schedule));

    public static UpcomingRuns ToUpcoming(BackupScheduleEntity schedule, int appliances, DateTimeOffset now)
    {
        if (schedule.Paused)
            return new UpcomingRuns([], appliances);

        if (ScheduleRule.TryOf(schedule) is not { } rule)
            return new UpcomingRuns([], appliances, ScheduleRule.ProblemOf(schedule));
        return new UpcomingRuns(
            [.. rule.TimesAfter(now, Upcoming).Select(time => new UpcomingRun(time, time + rule.Spread, time + rule.Spread + rule.Window))],
            appliances);
    }
}

/// <summary>How many appliances of a schedule have a run that waits, and how many missed their last one.</summary>
internal sealed record RunCounts(int Waiting, int Missed)
{
    public static readonly RunCounts None = new(0, 0);

    public static async Task<Dictionary<Guid, RunCounts>> OfAsync(
        IQueryable<ScheduledApplianceEntity> scheduled, CancellationToken cancellationToken) =>
        await scheduled
            .GroupBy(s => s.ScheduleId)
            .Select(of => new
            {
                of.Key,
                Waiting = of.Count(s => s.State == ScheduledRunState.Waiting),
                Missed = of.Count(s => s.State == ScheduledRunState.Missed),
            })
            .ToDictionaryAsync(of => of.Key, of => new RunCounts(of.Waiting, of.Missed), cancellationToken);
}

/// <summary>A row of the list of a schedule's appliances.</summary>
internal sealed class ListedRun
{
    private static readonly Dictionary<string, ScheduledRunState> States =
        Enum.GetValues<ScheduledRunState>().ToDictionary(state => JsonNamingPolicy.CamelCase.ConvertName(state.ToString()));

    public static readonly ListShape<ListedRun> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<ListedRun, object?>>>
        {
            ["applianceName"] = listed => listed.ApplianceName,
            ["due"] = listed => listed.Scheduled.Due,
            ["missedInARow"] = listed => listed.Scheduled.MissedInARow,
            ["id"] = listed => listed.Scheduled.ApplianceId,
        },
        Holds = pattern => listed => EF.Functions.Like(listed.ApplianceName, pattern, @"\")
            || EF.Functions.Like(listed.Scheduled.Message, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<ListedRun, bool>>?>>
        {
            ["applianceId"] = value => Guid.TryParse(value, out var id) ? listed => listed.Scheduled.ApplianceId == id : null,
            ["applianceName"] = value => listed => listed.ApplianceName == value,
            ["state"] = value => States.TryGetValue(value, out var state) ? listed => listed.Scheduled.State == state : null,
        },
    };

    public required ScheduledApplianceEntity Scheduled { get; init; }

    public required string ApplianceName { get; init; }

    /// <param name="rule">Null while the schedule is paused, or can't be read.</param>
    public ScheduledAppliance ToWire(ScheduleRule? rule, DateTimeOffset now) => new(
        Scheduled.ApplianceId,
        ApplianceName,
        Scheduled.State,
        Scheduled.Due,
        Scheduled.WindowUntil,
        Scheduled.BackupId,
        Scheduled.MissedInARow,
        Scheduled.Message,
        rule?.NextDue(Scheduled.ApplianceId, now));
}
