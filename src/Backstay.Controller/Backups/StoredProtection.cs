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
            return backup;
        }

        // Whoever changed it meanwhile counted on, and finds another number here than theirs.
        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Backups
                .Where(b => b.Id == backup.Id)
                .ExecuteUpdateAsync(set => set.SetProperty(b => b.StoredProtectionVersion, backup.ProtectionVersion), cancellationToken);
        }

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

    private async Task TellStoreAsync(BackupEntity backup, CancellationToken cancellationToken)
    {
        var key = new ArchiveKey(backup.Id, backup.Attempt);
        var json = await store.ReadSidecarAsync(key, cancellationToken)
            ?? throw new ArchiveStoreException(StoreFault.Missing, $"{key} has no sidecar.");
        var sidecar = ArchiveSidecar.FromJson(json) with
        {
            Protection = new SidecarProtection(
                backup.ProtectionVersion, backup.HeldBy, backup.HoldReason, backup.HeldSince, backup.LockedUntil, backup.LockedBy),
        };
        await store.WriteSidecarAsync(key, sidecar.ToJson(), cancellationToken);
        if (backup.LockedUntil is { } until)
            await store.LockAsync(key, until, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning,
            "Hold and lock of backup {Backup} are in force, but could not be written to the store now; the next round of retention tries again.")]
        public static partial void NotCarried(ILogger logger, Guid backup, Exception exception);
    }
}
