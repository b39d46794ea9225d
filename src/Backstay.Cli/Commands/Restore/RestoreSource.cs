using System.CommandLine;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Commands.Backup;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Restore;

/// <summary>Which archive is restored, and how it comes to this machine.</summary>
internal sealed class RestoreSource
{
    private readonly Argument<string?> _name = new("NAME")
    {
        Description = "The appliance whose backup is restored, by name or id; left out with --file",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Argument<string> _backup = new("BACKUP")
    {
        Description = "The backup's id, or latest: the newest that is verified; if none is, the newest good one",
        HelpName = "BACKUP_ID|latest",
        DefaultValueFactory = _ => BackupLookup.LatestWord,
        CompletionSources = { BackupLookup.LatestWord },
    };

    private readonly Option<FileInfo?> _file = new("--file") { Description = "An archive on this machine, instead of a controller's", HelpName = "FILE" };

    private readonly CacheOptions _cache = new();

    public void AddTo(Command command)
    {
        command.Arguments.Add(_name);
        command.Arguments.Add(_backup);
        command.Options.Add(_file);
        _cache.AddTo(command);
    }

    /// <summary>The archive, on this machine's disk. What was downloaded before isn't downloaded again.</summary>
    public async Task<LocalArchive> GetAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var name = invocation.Value(_name);
        if (invocation.Value(_file) is { } file)
        {
            if (name is not null)
                throw CliException.Usage("Either name an appliance, or a file with --file.");
            return new LocalArchive(ArchiveFile.Existing(file), IsOurs: false);
        }

        if (name is null)
            throw CliException.Usage("Which backup? Name the appliance, or a file with --file.");
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(name, cancellationToken);
        var backup = await FindAsync(invocation, connection.Client, appliance, cancellationToken);
        return await _cache.GetAsync(invocation, connection.Client, appliance, backup, cancellationToken);
    }

    private async Task<BackupRecord> FindAsync(
        Invocation invocation, AdminClient client, ApplianceStatus appliance, CancellationToken cancellationToken)
    {
        var asked = invocation.Value(_backup);
        if (asked.Equals(BackupLookup.LatestWord, StringComparison.OrdinalIgnoreCase))
            return await NewestAsync(invocation, client, appliance, cancellationToken);
        return await client.FindArchivedBackupAsync(appliance, asked, invocation.Terminal, cancellationToken);
    }

    /// <summary>The newest that is verified; else the newest good one, and a word about it. A damaged one never.</summary>
    private static async Task<BackupRecord> NewestAsync(
        Invocation invocation, AdminClient client, ApplianceStatus appliance, CancellationToken cancellationToken)
    {
        BackupRecord? good = null;
        await foreach (var backup in client.NewestBackupsAsync(appliance.Id, cancellationToken))
        {
            if (backup is not { Result: BackupResult.Success, Verification: not VerificationState.Damaged })
                continue;
            if (backup.Verification == VerificationState.Verified)
            {
                if (good is not null)
                {
                    invocation.Terminal.Warn(
                        $"The newer backup {good.Id} of {At(invocation, good)} isn't verified yet; the verified one of {At(invocation, backup)} is taken.");
                }

                return backup;
            }

            good ??= backup;
        }

        if (good is null)
            throw CliException.NotFound($"{appliance.Name} has no good backup. See them all with: backstay backup list {appliance.Name}");
        invocation.Terminal.Warn($"No backup of {appliance.Name} is verified; the newest good one of {At(invocation, good)} is taken.");
        return good;
    }

    private static string At(Invocation invocation, BackupRecord backup) => Human.Time(backup.Created, invocation.Clock);
}
