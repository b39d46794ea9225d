using Backstay.Controller.Catalog;
using Backstay.Controller.Schedules;
using Backstay.Protocol.Admin;
using Cronos;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>
/// Has the next scheduled backup of an appliance begin at once, as one of its backups was found damaged. Having asked, it asks again only
/// when a backup made since then stands verified: a store that damages what it is given gets one backup more, not one after the other.
/// </summary>
internal sealed class DamageRuns(CatalogContext catalog, ScheduleMembers members, TimeProvider time)
{
    /// <summary>In the caller's transaction.</summary>
    /// <returns>The schedule whose run begins; null: it isn't backed up by a schedule, or a backup was asked for already.</returns>
    public async Task<string?> AskAsync(Guid appliance, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var schedules = await catalog.BackupSchedules.AsNoTracking()
            .Where(s => !s.Paused && catalog.ScheduledAppliances.Any(row => row.ScheduleId == s.Id && row.ApplianceId == appliance))
            .ToListAsync(cancellationToken);
        var next = schedules
            .Select(schedule => (Schedule: schedule, Due: NextDue(schedule, appliance, now)))
            .Where(run => run.Due is not null)
            .OrderBy(run => run.Due).ThenBy(run => run.Schedule.Id)
            .Select(run => run.Schedule)
            .FirstOrDefault();
        if (next is null)
            return null;

        var asked = await catalog.Appliances
            .Where(a => a.Id == appliance
                && (a.DamageRunAsked == null
                    || catalog.Backups.Any(b => b.ApplianceId == appliance
                        && b.Created > a.DamageRunAsked
                        && b.State == BackupState.Succeeded
                        && b.Deleted == null
                        && b.Verification == VerificationState.Verified)))
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.DamageRunAsked, now), cancellationToken);
        if (asked == 0)
            return null;

        await members.RunNowAsync(
            next.Id, now, TimeSpan.FromMinutes(next.WindowMinutes), "A backup was found damaged.", only: appliance, cancellationToken);
        return next.Name;
    }

    private static DateTimeOffset? NextDue(BackupScheduleEntity schedule, Guid appliance, DateTimeOffset now)
    {
        try
        {
            return ScheduleRule.Of(schedule).NextDue(appliance, now);
        }
        catch (Exception exception) when (exception is TimeZoneNotFoundException or InvalidTimeZoneException or CronFormatException)
        {
            return null; // ScheduleRules tells of it
        }
    }
}
