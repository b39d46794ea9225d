using System.Collections.Concurrent;
using System.Text.Json;
using Backstay.Controller.Storage;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Catalog;

/// <summary>
/// Holds and locks that were placed after a catalog was copied: the sidecars know them. Of row and sidecar the one with the higher version
/// is right, so that a hold which was released, or a store that wasn't told yet, changes nothing.
/// </summary>
internal static class ProtectionRebuild
{
    private const int ReadAtOnce = 16;

    /// <param name="keys">Of backups that the catalog has.</param>
    public static async Task AdoptAsync(
        CatalogContext catalog, IArchiveStore store, IEnumerable<ArchiveKey> keys, CancellationToken cancellationToken)
    {
        ConcurrentBag<(ArchiveKey Key, SidecarProtection Protection)> found = [];
        await Parallel.ForEachAsync(
            keys,
            new ParallelOptions { MaxDegreeOfParallelism = ReadAtOnce, CancellationToken = cancellationToken },
            async (key, token) =>
            {
                if (await ReadAsync(store, key, token) is { } protection)
                    found.Add((key, protection));
            });
        foreach (var (key, protection) in found)
        {
            await catalog.Backups
                .Where(b => b.Id == key.BackupId && b.Attempt == key.Attempt && b.Deleted == null && b.ProtectionVersion < protection.Version)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.HeldBy, protection.HeldBy)
                        .SetProperty(b => b.HoldReason, protection.HoldReason)
                        .SetProperty(b => b.HeldSince, protection.HeldSince)
                        .SetProperty(b => b.LockedUntil, protection.LockedUntil)
                        .SetProperty(b => b.LockedBy, protection.LockedBy)
                        .SetProperty(b => b.ProtectionVersion, protection.Version)
                        .SetProperty(b => b.StoredProtectionVersion, protection.Version),
                    cancellationToken);
        }
    }

    /// <summary>Null where there is none, or none that can be read: such a sidecar is told of where it matters.</summary>
    private static async Task<SidecarProtection?> ReadAsync(IArchiveStore store, ArchiveKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadSidecarAsync(key, cancellationToken) is { } json && ArchiveSidecar.FromJson(json) is var sidecar && sidecar.Key == key
                ? sidecar.Protection
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
