using System.CommandLine;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup download</c>.</summary>
internal sealed class DownloadCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _backup = CommonOptions.Backup();

    private readonly Option<string?> _to = new("--to")
    {
        Description = "The file to write, or the folder to write into (else this one)",
        HelpName = "FILE|DIR",
    };

    private readonly Option<bool> _force = CommonOptions.Force();

    private readonly Option<int> _retries = CommonOptions.Number(
        "--retries", least: 0, standard: ArchiveDownloader.DefaultRetries, "How often in a row the connection may break without a byte gained");

    public DownloadCommand(GlobalOptions global)
        : base(
            global,
            "download",
            "Download an archive; goes on where it stopped, and checks the digest",
            "backstay backup download gw-01",
            "backstay backup download gw-01 latest --to /srv/archives",
            "backstay backup download gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11 --to gw-01.gpg")
    {
        Arguments.Add(_name);
        Arguments.Add(_backup);
        Options.Add(_to);
        Options.Add(_force);
        Options.Add(_retries);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup), Latest.Successful, cancellationToken);

        var downloader = new ArchiveDownloader(client, invocation.Clock, invocation.Value(_retries));
        var target = DownloadTarget.Of(invocation.Value(_to), invocation.Value(_force));
        var archive = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board =>
            downloader.DownloadAsync(appliance.Id, backup.Id, target, board.Add(appliance.Name), cancellationToken));

        invocation.Terminal.Result(archive, CliJson.Default.DownloadedArchive, downloaded => invocation.Terminal.Line(downloaded.File));
        invocation.Terminal.Hint($"{Human.Size(archive.Size)}, SHA-256 is right: {archive.Sha256}");
        return ExitCode.Ok;
    }
}
