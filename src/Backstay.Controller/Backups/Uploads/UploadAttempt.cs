using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>What an agent may still do with a backup, by its row.</summary>
internal static class UploadAttempt
{
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>The row of a backup of this agent's appliance, or null.</summary>
    public static Task<BackupEntity?> FindAsync(
        this CatalogContext catalog, Guid backupId, AgentCaller agent, CancellationToken cancellationToken) =>
        catalog.Backups.AsNoTracking().FirstOrDefaultAsync(
            b => b.Id == backupId && b.ApplianceId == agent.ApplianceId && b.Deleted == null, cancellationToken);

    /// <summary>Why nothing more is taken for this attempt; null when it is the one in force.</summary>
    public static ApiErrorResult? Refusal(BackupEntity? backup, int attempt) => backup switch
    {
        null => ApiErrors.NotFound("backup of this appliance"),
        { State: BackupState.Succeeded or BackupState.Failed } => Ended(backup),
        _ when backup.State != BackupState.Running || backup.Attempt != attempt => Closed(attempt),
        _ => null,
    };

    public static ApiErrorResult Ended(BackupEntity backup) => ApiErrors.Conflict(
        ErrorIds.BackupEnded,
        backup.State == BackupState.Succeeded
            ? "This backup has ended in success. Stop working on it."
            : $"This backup has failed: {backup.Message} Stop working on it.");

    public static ApiErrorResult Closed(int attempt) => ApiErrors.Conflict(
        ErrorIds.AttemptClosed, $"Attempt {attempt} of this backup isn't open. Stop sending for it.");

    public static ApiErrorResult StoreUnavailable() => ApiErrors.Unavailable(
        ErrorIds.ServiceUnavailable, "The archive store doesn't answer as it should. Try again.", RetryAfter);
}
