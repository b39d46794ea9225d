using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary>Which backup <c>latest</c> means.</summary>
internal enum Latest
{
    /// <summary>The newest, however it ended, or not yet.</summary>
    OfAll,

    /// <summary>The newest that left an archive.</summary>
    Successful,

    /// <summary>The one that has not ended.</summary>
    Unfinished,
}

internal static class BackupLookup
{
    public const string LatestWord = "latest";

    /// <param name="idOrLatest">A backup's id, or <c>latest</c>.</param>
    public static async Task<BackupRecord> FindBackupAsync(
        this AdminClient client, ApplianceStatus appliance, string idOrLatest, Latest latest, CancellationToken cancellationToken)
    {
        if (idOrLatest.Equals(LatestWord, StringComparison.OrdinalIgnoreCase))
        {
            return await client.FirstBackupAsync(appliance.Id, backup => IsMeant(backup, latest), cancellationToken)
                ?? throw CliException.NotFound(Missing(appliance, latest));
        }

        if (!Guid.TryParse(idOrLatest, out var id))
            throw CliException.Usage($"'{idOrLatest}' is neither the id of a backup nor '{LatestWord}'.");
        return await client.FindBackupAsync(appliance.Id, id, cancellationToken)
            ?? throw CliException.NotFound(
                $"There is no backup {id} of {appliance.Name}. See them all with: backstay backup list {appliance.Name}");
    }

    /// <summary>A backup that left an archive, by its id. One that is known to be damaged is told of.</summary>
    public static async Task<BackupRecord> FindArchivedBackupAsync(
        this AdminClient client, ApplianceStatus appliance, string id, Terminal terminal, CancellationToken cancellationToken)
    {
        var backup = await client.FindBackupAsync(appliance, id, Latest.Successful, cancellationToken);
        if (backup.Result != BackupResult.Success)
        {
            throw CliException.NotFound(
                $"Backup {backup.Id} left no archive ({BackupText.State(backup)}). See the others with: backstay backup list {appliance.Name}");
        }

        if (backup.Verification == VerificationState.Damaged)
            terminal.Warn($"Backup {backup.Id} is known to be damaged; it is looked at all the same, as it was asked for.");
        return backup;
    }

    /// <returns>Null when the controller doesn't know it.</returns>
    public static async Task<BackupRecord?> FindBackupAsync(
        this AdminClient client, Guid applianceId, Guid backupId, CancellationToken cancellationToken)
    {
        var list = await client.ListBackupsAsync(applianceId, new ListRequest(FilterBy: [$"id:{backupId}"]), cancellationToken);
        return list.Data.FirstOrDefault(backup => backup.Id == backupId);
    }

    private static async Task<BackupRecord?> FirstBackupAsync(
        this AdminClient client, Guid applianceId, Func<BackupRecord, bool> isMeant, CancellationToken cancellationToken)
    {
        await foreach (var backup in client.NewestBackupsAsync(applianceId, cancellationToken))
        {
            if (isMeant(backup))
                return backup;
        }

        return null;
    }

    private static bool IsMeant(BackupRecord backup, Latest latest) => latest switch
    {
        Latest.Successful => backup.Result == BackupResult.Success,
        Latest.Unfinished => backup.Status == BackupStatusWord.Processing,
        _ => true,
    };

    private static string Missing(ApplianceStatus appliance, Latest latest) => latest switch
    {
        Latest.Successful => $"{appliance.Name} has no successful backup.",
        Latest.Unfinished => $"No backup of {appliance.Name} is running.",
        _ => $"{appliance.Name} has no backup. Make one with: backstay backup run {appliance.Name} --wait",
    };
}
