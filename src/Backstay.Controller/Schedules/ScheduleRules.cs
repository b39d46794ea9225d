using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Protocol.Admin;
using Cronos;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Schedules;

/// <summary>The rules of schedules as they were saved. One that can't be followed any more, as its time zone isn't known here, is told of.</summary>
internal sealed partial class ScheduleRules(CatalogContext catalog, DailyEvents daily, ILogger<ScheduleRules> logger)
{
    /// <returns>Null: this controller can't follow it.</returns>
    public async Task<ScheduleRule?> OfAsync(BackupScheduleEntity schedule, CancellationToken cancellationToken)
    {
        try
        {
            return ScheduleRule.Of(schedule);
        }
        catch (Exception exception) when (exception is TimeZoneNotFoundException or InvalidTimeZoneException or CronFormatException)
        {
            Log.NoRule(logger, schedule.Name, exception.Message);

            // Of a paused one nobody waits for a run.
            if (!schedule.Paused)
                await TellAsync(schedule, exception.Message, cancellationToken);
            return null;
        }
    }

    private Task<bool> TellAsync(BackupScheduleEntity schedule, string reason, CancellationToken cancellationToken)
    {
        var next = schedule.NextTelling;
        return daily.TellAsync(
            next,
            moved => catalog.BackupSchedules
                .Where(s => s.Id == schedule.Id && s.NextTelling == next)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.NextTelling, moved), cancellationToken),
            EventKind.ScheduleStopped,
            $"Schedule {schedule.Name} is not followed by controller {Environment.MachineName}: {reason} Give it a time zone that all controllers know, or "
            + "install the zone there (package tzdata).",
            cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Schedule {Schedule} can't be followed: {Reason} Give it a time zone that this machine knows, or install the zone (package tzdata).")]
        public static partial void NoRule(ILogger logger, string schedule, string reason);
    }
}
