using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Schedules;

/// <summary>
/// The appliances that take part in a schedule: selected, and activated. A row each, from the moment that they joined: what was due before
/// is not missed by them. Nothing here begins a transaction.
/// </summary>
internal sealed class ScheduleMembers(CatalogContext catalog)
{
    /// <summary>How far ahead <see cref="ScheduledApplianceEntity.NextLook"/> is trusted: the laws of time zones change.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromHours(6);

    public IQueryable<ApplianceEntity> Participants(ApplianceSelection selection) =>
        catalog.Appliances.AsNoTracking().Where(a => a.CredentialHash != null).Selected(selection);

    /// <summary>Adds those who take part and weren't known to; the caller saves.</summary>
    /// <param name="since">What comes due after this is theirs.</param>
    /// <returns>How many there are.</returns>
    public async Task<int> JoinAsync(BackupScheduleEntity schedule, ScheduleRule rule, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var joining = await Participants(schedule.Appliances)
            .Where(a => !catalog.ScheduledAppliances.Any(s => s.ScheduleId == schedule.Id && s.ApplianceId == a.Id))
            .Select(a => a.Id)
            .ToListAsync(cancellationToken);
        catalog.ScheduledAppliances.AddRange(joining.Select(appliance => new ScheduledApplianceEntity
        {
            ScheduleId = schedule.Id,
            ApplianceId = appliance,
            Since = since,
            NextLook = NextLook(rule, appliance, since),
        }));
        return joining.Count;
    }

    /// <summary>Forgets those who don't take part any more, at once.</summary>
    public async Task LeaveAsync(BackupScheduleEntity schedule, CancellationToken cancellationToken)
    {
        var participants = Participants(schedule.Appliances);
        var leaving = catalog.ScheduledAppliances
            .Where(s => s.ScheduleId == schedule.Id && !participants.Any(a => a.Id == s.ApplianceId));

        // Most of the time nobody leaves, and then nobody has to wait for the right to write.
        if (await leaving.AnyAsync(cancellationToken))
            await leaving.ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>
    /// <see cref="RunRecord.Restart"/> for all, at once. It touches every row: a controller that just decided by how things were before
    /// finds its row changed, and does nothing.
    /// </summary>
    public async Task RestartAsync(Guid schedule, DateTimeOffset now, string why, CancellationToken cancellationToken)
    {
        var rows = catalog.ScheduledAppliances.Where(s => s.ScheduleId == schedule);
        await rows.Where(s => s.State == ScheduledRunState.Waiting).ExecuteUpdateAsync(
            set => set
                .SetProperty(s => s.State, ScheduledRunState.Missed)
                .SetProperty(s => s.MissedInARow, s => s.MissedInARow + 1)
                .SetProperty(s => s.Message, why),
            cancellationToken);
        await rows.ExecuteUpdateAsync(
            set => set.SetProperty(s => s.Since, now).SetProperty(s => s.NextLook, now), cancellationToken);
    }

    /// <summary>
    /// The clock was set back, by more than an hour: what was decided in that future would keep everything quiet until it comes. All that
    /// were decided there begin anew from now.
    /// </summary>
    public async Task FollowClockAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var impossible = now + LookAgain + TimeSpan.FromHours(1);
        var ahead = catalog.ScheduledAppliances.Where(s => s.NextLook > impossible);
        if (await ahead.AnyAsync(cancellationToken))
            await ahead.ExecuteUpdateAsync(set => set.SetProperty(s => s.Since, now).SetProperty(s => s.NextLook, now), cancellationToken);
    }

    /// <summary><see cref="RunRecord.RunNow"/> for all, at once; answers how many they are.</summary>
    /// <param name="only">For this appliance alone.</param>
    public Task<int> RunNowAsync(
        Guid schedule, DateTimeOffset now, TimeSpan window, string why, Guid? only, CancellationToken cancellationToken) =>
        catalog.ScheduledAppliances.Where(s => s.ScheduleId == schedule && (only == null || s.ApplianceId == only)).ExecuteUpdateAsync(
            set => set
                .SetProperty(s => s.Since, now)
                .SetProperty(s => s.State, ScheduledRunState.Waiting)
                .SetProperty(s => s.Due, now)
                .SetProperty(s => s.WindowUntil, now + window)
                .SetProperty(s => s.BackupId, (Guid?)null)
                .SetProperty(s => s.Message, why)
                .SetProperty(s => s.NextLook, now),
            cancellationToken);

    /// <summary>
    /// Writes a decision over the record that it was made from. False: the row has changed since then; another controller was faster, or
    /// the schedule is another one now.
    /// </summary>
    public async Task<bool> ClaimAsync(
        ScheduledApplianceEntity seen, RunRecord decided, Guid? backup, string? message, DateTimeOffset nextLook, CancellationToken cancellationToken)
    {
        var changed = await Unchanged(seen).ExecuteUpdateAsync(
            set => set
                .SetProperty(s => s.Since, decided.Since)
                .SetProperty(s => s.State, decided.State)
                .SetProperty(s => s.Due, decided.Due)
                .SetProperty(s => s.WindowUntil, decided.WindowUntil)
                .SetProperty(s => s.MissedInARow, decided.MissedInARow)
                .SetProperty(s => s.BackupId, backup)
                .SetProperty(s => s.Message, message)
                .SetProperty(s => s.NextLook, nextLook),
            cancellationToken);
        return changed == 1;
    }

    /// <summary>Nothing was due: says when to look again.</summary>
    public Task PostponeAsync(ScheduledApplianceEntity seen, DateTimeOffset nextLook, CancellationToken cancellationToken) =>
        Unchanged(seen).ExecuteUpdateAsync(set => set.SetProperty(s => s.NextLook, nextLook), cancellationToken);

    public static DateTimeOffset NextLook(ScheduleRule rule, Guid appliance, DateTimeOffset after) =>
        rule.NextDue(appliance, after) is { } due && due < after + LookAgain ? due : after + LookAgain;

    private IQueryable<ScheduledApplianceEntity> Unchanged(ScheduledApplianceEntity seen) => catalog.ScheduledAppliances.Where(s =>
        s.ScheduleId == seen.ScheduleId
        && s.ApplianceId == seen.ApplianceId
        && s.Since == seen.Since
        && s.State == seen.State
        && s.Due == seen.Due);
}
