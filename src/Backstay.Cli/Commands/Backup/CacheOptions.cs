using System.CommandLine;
using Backstay.Cli.Downloads;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary>Where archives are while a command needs them. What was downloaded before isn't downloaded again.</summary>
internal sealed class CacheOptions
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly Option<string?> _cache = new("--cache")
    {
        Description = "Where a downloaded archive is until it is no longer needed (else ~/.cache/backstay)",
        HelpName = "DIR",
    };

    private readonly Option<bool> _keep = new("--keep") { Description = "Keep what was downloaded" };

    private readonly Option<int> _retries = CommonOptions.Number(
        "--retries", least: 0, standard: ArchiveDownloader.DefaultRetries, "How often in a row the connection may break without a byte gained");

    public void AddTo(Command command)
    {
        command.Options.Add(_cache);
        command.Options.Add(_keep);
        command.Options.Add(_retries);
    }

    /// <summary>The archive of a backup, on this machine's disk; a download goes on where an earlier one stopped.</summary>
    public async Task<LocalArchive> GetAsync(
        Invocation invocation, AdminClient client, ApplianceStatus appliance, BackupRecord backup, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Folder(invocation), OwnerOnly).FullName;
        var cached = new FileInfo(Path.Join(folder, $"{backup.Id}.gpg"));
        if (!cached.Exists)
        {
            var downloader = new ArchiveDownloader(client, invocation.Clock, invocation.Value(_retries));
            var target = DownloadTarget.Of(cached.FullName, force: false);
            await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board =>
                downloader.DownloadAsync(appliance.Id, backup.Id, target, board.Add(appliance.Name), cancellationToken));
            cached.Refresh();
        }

        return new LocalArchive(cached, IsOurs: !invocation.Value(_keep), new AskedBackup(backup.Id, appliance.Id, appliance.Name));
    }

    private string Folder(Invocation invocation)
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
