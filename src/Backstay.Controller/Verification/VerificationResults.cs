using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Events;
using Backstay.Controller.Schedules;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Verification;

/// <summary>
/// What follows from a result, in the caller's transaction: the backup's columns, and where it is now damaged and wasn't before, the line
/// of the audit log, the events, and a backup in its place. Who marks it does the rest, so however many find the damage, it follows once.
/// </summary>
internal sealed partial class VerificationResults(
    CatalogContext catalog,
    AuditTrail audit,
    EventOutbox events,
    DamageRuns runs,
    ScheduleHint schedules,
    VerificationMetrics metrics,
    ILogger<VerificationResults> logger)
{
    private readonly List<VerificationEntity> _followed = [];

    /// <summary>Adds a result that was made elsewhere, as by a drill; the caller saves and commits, then calls <see cref="Wake"/>.</summary>
    /// <param name="result">Ended.</param>
    /// <returns>False: the backup is gone, and nothing was added.</returns>
    public async Task<bool> AddAsync(VerificationEntity result, CancellationToken cancellationToken)
    {
        if (!await catalog.Backups.AnyAsync(b => b.Id == result.BackupId && b.Deleted == null, cancellationToken))
            return false;

        catalog.Verifications.Add(result);
        await FollowAsync(result, cancellationToken);
        return true;
    }

    /// <summary>
    /// Adds what a user reports of a content that was proven elsewhere; the caller saves and commits, then calls <see cref="Wake"/>.
    /// </summary>
    /// <param name="report">Ended: passed or failed.</param>
    /// <returns>False: the backup is gone, and nothing was added.</returns>
    public async Task<bool> AddReportAsync(VerificationEntity report, string applianceName, CancellationToken cancellationToken)
    {
        var rows = catalog.Backups.Where(b => b.Id == report.BackupId && b.Deleted == null);
        if (!await rows.AnyAsync(cancellationToken))
            return false;

        catalog.Verifications.Add(report);
        _followed.Add(report);
        if (report.State == VerificationRunState.Failed)
        {
            events.Add(
                catalog,
                EventKind.VerificationFailed,
                report.ApplianceId,
                report.BackupId,
                $"{report.RequestedBy} reports that the content of backup {report.BackupId} of {applianceName} failed its verification; its stored bytes "
                + $"are looked at. {report.Message}");
            return true;
        }

        await rows
            .Where(b => b.Verification != VerificationState.Damaged)
            .ExecuteUpdateAsync(set => set.SetProperty(b => b.ContentVerified, report.Ended), cancellationToken);
        return true;
    }

    /// <summary>Does what follows from a result that is in the catalog; the caller saves and commits, then calls <see cref="Wake"/>.</summary>
    public async Task FollowAsync(VerificationEntity result, CancellationToken cancellationToken)
    {
        var ended = result.Ended ?? throw new ArgumentException("It has not ended.", nameof(result));
        switch (result.State)
        {
            case VerificationRunState.Passed:
                await PassAsync(result, ended, cancellationToken);
                break;
            case VerificationRunState.Failed:
                await FailAsync(result, ended, cancellationToken);
                break;
        }

        _followed.Add(result);
    }

    /// <summary>After the commit: the result counts, and what was begun by it need not wait for the next look.</summary>
    public void Wake()
    {
        _followed.ForEach(metrics.Ended);
        _followed.Clear();
        events.Wake();
        schedules.Wake();
    }

    private async Task PassAsync(VerificationEntity result, DateTimeOffset ended, CancellationToken cancellationToken)
    {
        var rows = catalog.Backups.Where(b => b.Id == result.BackupId && b.Deleted == null);

        // What found the damage, or what proves more than that, may say that it is gone: a disk was put right. Less may not.
        var vouched = await rows
            .Where(b => b.Verification != VerificationState.Verified
                && (b.Verification != VerificationState.Damaged || b.DamageFoundBy <= result.Strength))
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(b => b.Verification, VerificationState.Verified)
                    .SetProperty(b => b.DamageFoundBy, (VerificationStrength?)null),
                cancellationToken);
        await rows.ExecuteUpdateAsync(set => set.SetProperty(b => b.Verified, ended), cancellationToken);
        if (result.Strength >= VerificationStrength.Content)
            await rows.ExecuteUpdateAsync(set => set.SetProperty(b => b.ContentVerified, ended), cancellationToken);
        if (result.Strength >= VerificationStrength.Drill)
            await rows.ExecuteUpdateAsync(set => set.SetProperty(b => b.Drilled, ended), cancellationToken);
        if (vouched == 1)
            audit.Add("backup.verify", result.BackupId.ToString(), "verified", actor: result.RequestedBy);
    }

    private async Task FailAsync(VerificationEntity result, DateTimeOffset ended, CancellationToken cancellationToken)
    {
        var rows = catalog.Backups.Where(b => b.Id == result.BackupId && b.Deleted == null);
        var found = await rows
            .Where(b => b.Verification != VerificationState.Damaged)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(b => b.Verification, VerificationState.Damaged)
                    .SetProperty(b => b.DamageFoundBy, result.Strength),
                cancellationToken);
        await rows.ExecuteUpdateAsync(set => set.SetProperty(b => b.Verified, ended), cancellationToken);
        var name = await catalog.Appliances.Where(a => a.Id == result.ApplianceId).Select(a => a.Name).FirstAsync(cancellationToken);
        events.Add(
            catalog,
            EventKind.VerificationFailed,
            result.ApplianceId,
            result.BackupId,
            $"The verification ({Word(result.Strength)}) of backup {result.BackupId} of {name} failed. {result.Message}");
        if (found == 0)
            return;

        events.Add(
            catalog, EventKind.BackupDamaged, result.ApplianceId, result.BackupId, $"Backup {result.BackupId} of {name} is damaged. {result.Message}");
        Log.Damaged(logger, result.BackupId, result.ApplianceId, result.Message);
        audit.Add("backup.verify", result.BackupId.ToString(), $"damaged: {result.Message}", actor: result.RequestedBy);
        if (await runs.AskAsync(result.ApplianceId, cancellationToken) is { } schedule)
            Log.RunsNow(logger, result.ApplianceId, schedule, result.BackupId);
    }

    private static string Word(VerificationStrength strength) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(strength.ToString());

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The archive of backup {Backup} of appliance {Appliance} is DAMAGED. {Message}")]
        public static partial void Damaged(ILogger logger, Guid backup, Guid appliance, string? message);

        [LoggerMessage(LogLevel.Information, "The next run for appliance {Appliance} of schedule {Schedule} begins now, as its backup {Backup} is damaged.")]
        public static partial void RunsNow(ILogger logger, Guid appliance, string schedule, Guid backup);
    }
}
