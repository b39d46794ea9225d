using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Retention;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>A lock keeps a backup until a time. Its end moves on and never back, and no call takes it off, whoever makes it.</summary>
internal sealed class LockBackup(
    CatalogContext catalog, WriteGate gate, AuditTrail audit, StoredProtection stored, IOptions<RetentionOptions> options, TimeProvider time)
{
    public static async Task<Results<Ok<Backup>, ApiErrorResult>> HandleAsync(
        RouteId id, RouteId backupId, Caller caller, HttpRequest request, BackupAccess access, LockBackup locks, CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;

        var (wish, unreadable) = await RequestBody.ReadAsync(request, AdminJson.Default.LockRequest, cancellationToken);
        if (wish is null)
            return unreadable!;
        if ((locks.Check(wish) ?? Protection.NothingToProtect(backup)) is { } refused)
            return refused;

        var locked = await locks.LockAsync(backup, appliance!, wish.Until!.Value.ToUniversalTime(), caller, cancellationToken);
        return locked is null
            ? ApiErrors.PreconditionFailed(
                ErrorIds.BackupLocked,
                "The backup is locked for longer already, or is being deleted. A lock can be extended, and never be made shorter.")
            : TypedResults.Ok(new ListedBackup { Backup = locked, ApplianceName = appliance!.Name }.ToWire());
    }

    private ApiErrorResult? Check(LockRequest wish)
    {
        var (errors, now) = (new FieldErrors(), time.GetUtcNow());
        if (wish.Until is not { } until)
            errors.Add("until", "is required: an RFC 3339 time");
        else if (until <= now)
            errors.Add("until", "must be in the future");
        else if (until - now > TimeSpan.FromDays(options.Value.MaxLockDays))
            errors.Add("until", $"must be within {options.Value.MaxLockDays} days ({RetentionOptions.Section}:{nameof(RetentionOptions.MaxLockDays)}): nobody can take it back");
        return errors.Refusal;
    }

    private async Task<BackupEntity?> LockAsync(
        BackupEntity backup, ApplianceEntity appliance, DateTimeOffset until, Caller caller, CancellationToken cancellationToken)
    {
        // PostgreSQL keeps microseconds; a second is what people say.
        var (end, by) = (until.AddTicks(-(until.Ticks % TimeSpan.TicksPerSecond)), caller.Name);
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            if (await catalog.Backups
                .Where(b => b.Id == backup.Id && b.State == BackupState.Succeeded && b.Deleted == null
                    && (b.LockedUntil == null || b.LockedUntil <= end))
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.LockedUntil, end)
                        .SetProperty(b => b.LockedBy, by)
                        .SetProperty(b => b.ProtectionVersion, b => b.ProtectionVersion + 1),
                    cancellationToken) == 0)
            {
                return null;
            }

            audit.Add("backup.lock", appliance.Name, $"backup {backup.Id} until {Protection.Rfc3339(end)}");
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return await stored.CarryAsync(backup.Id, cancellationToken);
    }
}
