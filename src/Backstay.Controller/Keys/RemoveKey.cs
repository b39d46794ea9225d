using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Keys;

/// <summary>Takes a key out of use; one that isn't in use is forgotten, unless archives need it.</summary>
internal static class RemoveKey
{
    public static async Task<Results<NoContent, ApiErrorResult>> HandleAsync(
        RouteId id, CatalogContext catalog, BackupKeyring keyring, AuditTrail audit, TimeProvider time, CancellationToken cancellationToken)
    {
        // Alone: of two who each remove one of the last two keys, one is refused.
        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var key = await catalog.BackupKeys.SingleOrDefaultAsync(k => k.Id == id.Value, cancellationToken);
        if (key is null)
            return BackupKeysApi.NotFound();

        var state = key.StateAt(time.GetUtcNow());
        if (state is BackupKeyState.Active or BackupKeyState.Expired)
        {
            var settings = await catalog.Settings.SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken);
            if (state == BackupKeyState.Active && settings.BackupApiEnabled && !await AnotherSealsAsync())
            {
                return ApiErrors.PreconditionFailed(
                    ErrorIds.LastKey,
                    "It is the last key that archives are sealed to. Import and confirm another one first, or disable the backup API.");
            }

            key.Retired = time.GetUtcNow();
            if (key.Kind == BackupKeyKind.Passphrase)
                settings.ProtectedBackupPassphrase = null;
            audit.Add("backup-key.retire", key.Name, NameOf(key), StatusCodes.Status204NoContent);

            async Task<bool> AnotherSealsAsync() =>
                (key.Kind == BackupKeyKind.Recipient && settings.ProtectedBackupPassphrase is not null)
                || await keyring.UsableRecipients().AnyAsync(k => k.Id != key.Id, cancellationToken);
        }
        else
        {
            var needed = await CountArchivesAsync(key, catalog, cancellationToken);
            if (needed > 0)
            {
                return ApiErrors.Conflict(
                    ErrorIds.KeyInUse, $"{needed} archives open with this key, or may. It can be forgotten when they are deleted.");
            }

            catalog.BackupKeys.Remove(key);
            audit.Add("backup-key.forget", key.Name, NameOf(key), StatusCodes.Status204NoContent);
        }

        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>By what backups record a key.</summary>
    private static string NameOf(BackupKeyEntity key) => key.Fingerprint ?? key.Id.ToString();

    /// <summary>An archive from before keys were recorded may need any passphrase.</summary>
    private static Task<int> CountArchivesAsync(BackupKeyEntity key, CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (pattern, isPassphrase) = ($"%\"{NameOf(key)}\"%", key.Kind == BackupKeyKind.Passphrase);
        return catalog.Backups.CountAsync(
            b => b.State != BackupState.Failed && b.Deleted == null
                && ((b.Keys == null && isPassphrase && b.State == BackupState.Succeeded) || EF.Functions.Like(b.Keys!, pattern)),
            cancellationToken);
    }
}
