using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>
/// Carries hold and lock from the catalog, where they are in force at once, to the store: into the sidecar, from which a lost catalog is
/// rebuilt, and the end of a lock to a store that can refuse deletion itself. The row remembers what the store knows: what can't be carried
/// now is carried with the next round of retention.
/// </summary>
internal sealed partial class StoredProtection(CatalogContext catalog, WriteGate gate, IArchiveStore store, ILogger<StoredProtection> logger)
{
    private const int AtMost = 1000;

    /// <summary>Carries what the store doesn't know yet of one backup. A store that fails is told again later.</summary>
    /// <returns>The row as it is; null when there is none any more.</returns>
    public async Task<BackupEntity?> CarryAsync(Guid backupId, CancellationToken cancellationToken)
    {
        var backup = await catalog.Backups.AsNoTracking().FirstOrDefaultAsync(
            b => b.Id == backupId && b.State == BackupState.Succeeded && b.Deleted == null, cancellationToken);
        if (backup is null || backup.ProtectionVersion == backup.StoredProtectionVersion)
            return backup;

        try
        {
            await TellStoreAsync(backup, cancellationToken);
        }
        catch (Exception exception) when (exception is ArchiveStoreException or JsonException)
        {
            Log.NotCarried(logger, backup.Id, exception);

            // Also where another controller has carried it meanwhile: what failed here may have broken what was written there.
            await RememberAsync(backup, carried: false, cancellationToken);
            return backup;
        }

        await RememberAsync(backup, carried: true, cancellationToken);
        backup.StoredProtectionVersion = backup.ProtectionVersion;
        return backup;
    }

    /// <summary>Carries what earlier tries left.</summary>
    public async Task CarryAllAsync(CancellationToken cancellationToken)
    {
        var left = await catalog.Backups
            .Where(b => b.ProtectionVersion != b.StoredProtectionVersion && b.State == BackupState.Succeeded && b.Deleted == null)
            .OrderBy(b => b.Id)
            .Select(b => b.Id)
            .Take(AtMost)
            .ToListAsync(cancellationToken);
        foreach (var id in left)
            await CarryAsync(id, cancellationToken);
    }

    /// <summary>
    /// Writes down what the store was told. Whoever changed it meanwhile counted on, and finds another number here than theirs. Whoever carried at
    /// the same time may have written before or after: nobody knows which of the two is there, and it is carried again. That is a number below 0,
    /// another one each time: who read it before isn't taken for who reads it now.
    /// </summary>
    private async Task RememberAsync(BackupEntity backup, bool carried, CancellationToken cancellationToken)
    {
        var (before, stored) = (backup.StoredProtectionVersion, backup.ProtectionVersion);
        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Backups
                .Where(b => b.Id == backup.Id)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(
                        b => b.StoredProtectionVersion,
                        b => carried && b.StoredProtectionVersion == before ? stored
                            : b.StoredProtectionVersion < 0 ? b.StoredProtectionVersion - 1
                            : -1),
                    cancellationToken);
        }
    }

    private async Task TellStoreAsync(BackupEntity backup, CancellationToken cancellationToken)
    {
        var key = new ArchiveKey(backup.Id, backup.Attempt);
        var sidecar = await SidecarAsync(backup, key, cancellationToken) with
        {
            Protection = new SidecarProtection(
                backup.ProtectionVersion, backup.HeldBy, backup.HoldReason, backup.HeldSince, backup.LockedUntil, backup.LockedBy),
        };
        await store.WriteSidecarAsync(key, sidecar.ToJson(), cancellationToken);

        // It was good before: the store isn't taken at its word for what is there now.
        if (await store.ReadSidecarAsync(key, cancellationToken) is not { } json || !sidecar.SaysTheSameAs(json))
            throw new ArchiveStoreException(StoreFault.Unavailable, $"The sidecar of {key} isn't what was written.");
        if (backup.LockedUntil is { } until)
            await store.LockAsync(key, until, cancellationToken);
    }

    /// <summary>As it lies there; where there is none, or one that was broken when it was last written, as the row knows it.</summary>
    private async Task<ArchiveSidecar> SidecarAsync(BackupEntity backup, ArchiveKey key, CancellationToken cancellationToken)
    {
        var json = await store.ReadSidecarAsync(key, cancellationToken);
        try
        {
            if (json is not null && ArchiveSidecar.FromJson(json) is var there && there.Key == key)
                return there;
        }
        catch (JsonException) when (!ArchiveSidecar.IsOfNewerFormat(json))
        {
            // What is cut off tells nothing that the row doesn't know.
        }

        Log.Remade(logger, key);
        var appliance = await catalog.Appliances.AsNoTracking().FirstAsync(a => a.Id == backup.ApplianceId, cancellationToken);
        return BackupSidecar.Of(backup, appliance);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning,
            "Hold and lock of backup {Backup} are in force, but could not be written to the store now; the next round of retention tries again.")]
        public static partial void NotCarried(ILogger logger, Guid backup, Exception exception);

        [LoggerMessage(LogLevel.Warning, "{Key} has no sidecar that can be read; it is made again from the catalog.")]
        public static partial void Remade(ILogger logger, ArchiveKey key);
    }
}
