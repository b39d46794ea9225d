using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>
/// A hold keeps a backup until it is released: by who placed it, or by who may delete the appliance. One person's hold isn't replaced by
/// another's.
/// </summary>
internal sealed class HoldBackup(CatalogContext catalog, WriteGate gate, AuditTrail audit, StoredProtection stored, TimeProvider time)
{
    private const int MaxReason = 1024;

    public static async Task<Results<Ok<Backup>, ApiErrorResult>> PlaceAsync(
        RouteId id, RouteId backupId, Caller caller, HttpRequest request, BackupAccess access, HoldBackup hold, CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;

        var (wish, unreadable) = await RequestBody.ReadAsync(request, AdminJson.Default.HoldRequest, cancellationToken);
        if (wish is null)
            return unreadable!;

        var errors = new FieldErrors();
        errors.Name("reason", wish.Reason, MaxReason);
        if ((errors.Refusal ?? Protection.NothingToProtect(backup)) is { } refused)
            return refused;

        var placed = await hold.PlaceAsync(backup, appliance!, wish.Reason!, caller, cancellationToken);
        return placed is null
            ? ApiErrors.PreconditionFailed(
                ErrorIds.BackupHeld, "The backup is held by somebody else, or is being deleted. It stays as it is; look at it again.")
            : TypedResults.Ok(new ListedBackup { Backup = placed, ApplianceName = appliance!.Name }.ToWire());
    }

    public static async Task<Results<NoContent, ApiErrorResult>> ReleaseAsync(
        RouteId id, RouteId backupId, Caller caller, BackupAccess access, HoldBackup hold, CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;
        if (backup.HeldBy is { } owner && owner != caller.Name
            && !caller.May(PrivilegeType.Delete, PrivilegeTarget.Appliance, appliance!.Id, appliance.Tags))
        {
            return ApiErrors.Forbidden($"only {owner}, who holds it, or who may delete the appliance can release this backup");
        }

        if (backup.HeldBy is not null)
            await hold.ReleaseAsync(backup, appliance!, cancellationToken);
        return TypedResults.NoContent();
    }

    private async Task<BackupEntity?> PlaceAsync(
        BackupEntity backup, ApplianceEntity appliance, string reason, Caller caller, CancellationToken cancellationToken)
    {
        var (owner, now) = (caller.Name, time.GetUtcNow());
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (await catalog.Backups
                .Where(b => b.Id == backup.Id && b.State == BackupState.Succeeded && b.Deleted == null && (b.HeldBy == null || b.HeldBy == owner))
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.HeldSince, b => b.HeldSince ?? now)
                        .SetProperty(b => b.HeldBy, owner)
                        .SetProperty(b => b.HoldReason, reason)
                        .SetProperty(b => b.ProtectionVersion, b => b.ProtectionVersion + 1),
                    cancellationToken) == 0)
            {
                return null;
            }

            audit.Add("backup.hold", appliance.Name, $"backup {backup.Id}: {reason}");
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return await stored.CarryAsync(backup.Id, cancellationToken);
    }

    private async Task ReleaseAsync(BackupEntity backup, ApplianceEntity appliance, CancellationToken cancellationToken)
    {
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (await catalog.Backups
                .Where(b => b.Id == backup.Id && b.HeldBy == backup.HeldBy && b.Deleted == null)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.HeldSince, (DateTimeOffset?)null)
                        .SetProperty(b => b.HeldBy, (string?)null)
                        .SetProperty(b => b.HoldReason, (string?)null)
                        .SetProperty(b => b.ProtectionVersion, b => b.ProtectionVersion + 1),
                    cancellationToken) == 0)
            {
                return; // somebody else released it
            }

            audit.Add("backup.release", appliance.Name, $"backup {backup.Id}, held by {backup.HeldBy}: {backup.HoldReason}", StatusCodes.Status204NoContent);
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        await stored.CarryAsync(backup.Id, cancellationToken);
    }
}
