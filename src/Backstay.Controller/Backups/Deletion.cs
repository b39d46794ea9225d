using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>Carries out what a row marked as deleted asks for: the store lets go of the archive, then the row goes.</summary>
internal sealed partial class Deletion(CatalogContext catalog, WriteGate gate, IArchiveStore store, ILogger<Deletion> logger)
{
    /// <summary>Finishes one deletion. If the store can't now, nothing is lost: the <see cref="RemovalWorker"/> tries again.</summary>
    /// <returns>Whether the store let go of the archive.</returns>
    public async Task<bool> FinishAsync(Guid backupId, int attempt, CancellationToken cancellationToken)
    {
        Log.Deleting(logger, backupId);
        try
        {
            await store.DeleteAsync(new ArchiveKey(backupId, attempt), cancellationToken);
        }
        catch (ArchiveStoreException exception)
        {
            Log.NotDeleted(logger, backupId, exception);
            return false;
        }

        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Backups.Where(b => b.Id == backupId && b.Deleted != null).ExecuteDeleteAsync(cancellationToken);
        }

        Log.Deleted(logger, backupId);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 12: backup {Backup} is marked as deleted; its archive goes.")]
        public static partial void Deleting(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Information, "Backup {Backup} is deleted.")]
        public static partial void Deleted(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Warning, "The archive of backup {Backup} could not be deleted now; it is tried again.")]
        public static partial void NotDeleted(ILogger logger, Guid backup, Exception exception);
    }
}
