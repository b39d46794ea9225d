using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>
/// Step 12: DELETE. A backup that has not ended is cancelled and stays as a failure; one that has ended goes, unless the request says
/// <c>If-None-Match: *</c> (RFC 9110, section 13.1.2): a cancel that comes too late removes nothing. One that is held or locked stays
/// (<see cref="Protection"/>).
/// </summary>
internal sealed class RemoveBackup(
    CatalogContext catalog, WriteGate gate, AuditTrail audit, BackupEnding ending, Removals removals, RetentionClock clock, TimeProvider time)
{
    public static async Task<Results<Accepted, NoContent, ApiErrorResult>> HandleAsync(
        RouteId id, RouteId backupId, Caller caller, PeerVersion version, HttpRequest request, BackupAccess access, RemoveBackup remove,
        CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;

        var tag = backup.State == BackupState.Succeeded ? DownloadArchive.TagOf(backup) : null;
        if (Preconditions.Refusal(request.Headers, tag) is { } failed)
            return failed;

        var outcome = version.AnswersAccepted ? StatusCodes.Status202Accepted : StatusCodes.Status204NoContent;
        if (!await remove.CancelAsync(backup, appliance!, caller, outcome, cancellationToken))
        {
            // It has ended, perhaps a moment ago.
            if (Preconditions.OnlyIfNothing(request.Headers))
                return ApiErrors.PreconditionFailed(ErrorIds.BackupEnded, "The backup has ended: there is nothing to cancel.");
            if (await remove.DeleteAsync(backup, appliance!, outcome, cancellationToken) is { } isProtected)
                return isProtected;
        }

        return version.AnswersAccepted ? TypedResults.Accepted((string?)null) : TypedResults.NoContent();
    }

    private async Task<bool> CancelAsync(
        BackupEntity backup, ApplianceEntity appliance, Caller caller, int outcome, CancellationToken cancellationToken) =>
        backup.State < BackupState.Succeeded
        && await ending.FailAsync(
            backup.Id,
            BackupFailure.Cancelled(caller.Name),
            cancellationToken,
            also: () => audit.Add("backup.cancel", appliance.Name, $"backup {backup.Id}", outcome));

    /// <returns>Why it can't be deleted; null when it is gone.</returns>
    private async Task<ApiErrorResult?> DeleteAsync(
        BackupEntity backup, ApplianceEntity appliance, int outcome, CancellationToken cancellationToken)
    {
        // A lock ends by a time that has surely come, whatever this machine's clock says.
        var surely = (await clock.ReadAsync(cancellationToken)).Surely;

        // The state first, then the store, then the row: a crash in between leaves a row that the next removal finishes, never an archive
        // that nobody knows of. Nobody waits for the store here: for all who ask, the backup is gone with the mark.
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            var now = time.GetUtcNow();
            var marked = await catalog.Backups
                .Where(b => b.Id == backup.Id && b.State >= BackupState.Succeeded && b.Deleted == null)
                .Where(Protection.AllowsDeletion(surely))
                .ExecuteUpdateAsync(set => set.SetProperty(b => b.Deleted, now), cancellationToken);
            if (marked == 0)
            {
                // Held or locked; or somebody else deletes it.
                var row = await catalog.Backups.AsNoTracking()
                    .FirstOrDefaultAsync(b => b.Id == backup.Id && b.Deleted == null, cancellationToken);
                return row is null ? null : Protection.Refusal(row, surely);
            }

            audit.Add("backup.delete", appliance.Name, $"backup {backup.Id}", outcome);
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        removals.Wake();
        return null;
    }
}
