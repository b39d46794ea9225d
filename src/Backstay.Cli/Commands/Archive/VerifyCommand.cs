using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary><c>backstay archive verify</c>: exit code 0 only if every byte is right.</summary>
internal sealed class VerifyCommand : CliCommand
{
    private readonly Argument<FileInfo> _archive = new("ARCHIVE") { Description = "The archive" };
    private readonly UnlockOptions _unlock = new();

    public VerifyCommand(GlobalOptions global)
        : base(
            global,
            "verify",
            "Prove an archive: decrypt it, check every SHA-256 in it",
            "backstay archive verify gw-01.gpg",
            "backstay archive verify gw-01.gpg --secret-key backup-key.asc --output json")
    {
        Arguments.Add(_archive);
        _unlock.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = ArchiveFile.Existing(invocation.Value(_archive));
        var unlock = await _unlock.ReadAsync(invocation, cancellationToken);
        var result = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, async board =>
        {
            await using var archive = ArchiveFile.Open(file);
            var progress = ArchiveFile.Progress(board.Add(file.Name), archive.Length);
            return await ArchiveReader.VerifyAsync(archive, unlock, new VerifyOptions(), progress, cancellationToken);
        });
        invocation.Terminal.Result(VerifiedArchive.Of(file, result), CliJson.Default.VerifiedArchive, shown =>
            shown.Show(invocation.Terminal, invocation.Clock));
        return ExitCode.Ok;
    }
}
