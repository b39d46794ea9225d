using System.CommandLine;
using Backstay.Cli.Commands.Backup;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Restore;

/// <summary>Which archive is restored, and how it comes to this machine.</summary>
internal sealed class RestoreSource
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

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

    private readonly Option<string?> _cache = new("--cache")
    {
        Description = "Where a downloaded archive is until it is restored (else ~/.cache/backstay)",
        HelpName = "DIR",
    };

    private readonly Option<bool> _keep = new("--keep") { Description = "Keep the downloaded archive" };

    private readonly Option<int> _retries = CommonOptions.Number(
        "--retries", least: 0, standard: ArchiveDownloader.DefaultRetries, "How often in a row the connection may break without a byte gained");

    public void AddTo(Command command)
    {
        command.Arguments.Add(_name);
        command.Arguments.Add(_backup);
        command.Options.Add(_file);
        command.Options.Add(_cache);
        command.Options.Add(_keep);
        command.Options.Add(_retries);
    }

    /// <summary>The archive, on this machine's disk. What was downloaded before isn't downloaded again.</summary>
    public async Task<RestoreArchive> GetAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var name = invocation.Value(_name);
        if (invocation.Value(_file) is { } file)
        {
            if (name is not null)
                throw CliException.Usage("Either name an appliance, or a file with --file.");
            return file.Exists ? new RestoreArchive(file, IsOurs: false) : throw CliException.NotFound($"There is no file {file.FullName}.");
        }

        if (name is null)
            throw CliException.Usage("Which backup? Name the appliance, or a file with --file.");
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(name, cancellationToken);
        var backup = await FindAsync(invocation, connection.Client, appliance, cancellationToken);

        var folder = Directory.CreateDirectory(CacheFolder(invocation), OwnerOnly).FullName;
        var cached = new FileInfo(Path.Join(folder, $"{backup.Id}.gpg"));
        if (!cached.Exists)
        {
            var downloader = new ArchiveDownloader(connection.Client, invocation.Clock, invocation.Value(_retries));
            var target = DownloadTarget.Of(cached.FullName, force: false);
            await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board =>
                downloader.DownloadAsync(appliance.Id, backup.Id, target, board.Add(appliance.Name), cancellationToken));
            cached.Refresh();
        }

        return new RestoreArchive(cached, IsOurs: !invocation.Value(_keep));
    }

    private async Task<BackupRecord> FindAsync(
        Invocation invocation, AdminClient client, ApplianceStatus appliance, CancellationToken cancellationToken)
    {
        var asked = invocation.Value(_backup);
        if (asked.Equals(BackupLookup.LatestWord, StringComparison.OrdinalIgnoreCase))
            return await NewestAsync(invocation, client, appliance, cancellationToken);

        var backup = await client.FindBackupAsync(appliance, asked, Latest.Successful, cancellationToken);
        if (backup.Result != BackupResult.Success)
        {
            throw CliException.NotFound(
                $"Backup {backup.Id} left no archive ({BackupText.State(backup)}). See the others with: backstay backup list {appliance.Name}");
        }

        if (backup.Verification == VerificationState.Damaged)
            invocation.Terminal.Warn($"Backup {backup.Id} is known to be damaged; it is looked at all the same, as it was asked for.");
        return backup;
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

    private string CacheFolder(Invocation invocation)
    {
        if (invocation.Value(_cache) is { } given)
            return Path.GetFullPath(given);
        var xdg = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        var folder = Path.IsPathRooted(xdg)
            ? xdg
            : Path.Join(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");
        return Path.Join(folder, "backstay");
    }
}

/// <summary>An archive to restore.</summary>
/// <param name="IsOurs">It was downloaded for this, and goes when it is restored.</param>
internal sealed record RestoreArchive(FileInfo File, bool IsOurs)
{
    public void Remove()
    {
        if (IsOurs)
            File.Delete();
    }
}
