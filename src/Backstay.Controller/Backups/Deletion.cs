using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>Carries out what a row marked as deleted asks for: the store lets go of the archive, then the row goes.</summary>
internal sealed partial class Deletion(CatalogContext catalog, WriteGate gate, IArchiveStore store, ILogger<Deletion> logger)
{
    /// <summary>Finishes one deletion. If the store can't now, nothing is lost: the sweep tries again.</summary>
    public async Task FinishAsync(Guid backupId, int attempt, CancellationToken cancellationToken)
    {
        Log.Deleting(logger, backupId);
        try
        {
            await store.DeleteAsync(new ArchiveKey(backupId, attempt), cancellationToken);
        }
        catch (ArchiveStoreException exception)
        {
            Log.NotDeleted(logger, backupId, exception);
            return;
        }

        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Backups.Where(b => b.Id == backupId && b.Deleted != null).ExecuteDeleteAsync(cancellationToken);
        }

        Log.Deleted(logger, backupId);
    }

    /// <summary>Finishes deletions that a crash or a fault of the store left half done.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var marked = await catalog.Backups
            .Where(b => b.Deleted != null)
            .Select(b => new { b.Id, b.Attempt })
            .ToListAsync(cancellationToken);
        foreach (var backup in marked)
            await FinishAsync(backup.Id, backup.Attempt, cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 12: backup {Backup} is marked as deleted; its archive goes.")]
        public static partial void Deleting(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Information, "Backup {Backup} is deleted.")]
        public static partial void Deleted(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Warning, "The archive of backup {Backup} could not be deleted now; the sweep tries again.")]
        public static partial void NotDeleted(ILogger logger, Guid backup, Exception exception);
    }
}
