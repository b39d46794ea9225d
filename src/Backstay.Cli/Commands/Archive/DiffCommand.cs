using System.CommandLine;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Archive;

/// <summary><c>backstay archive diff</c>.</summary>
internal sealed class DiffCommand : CliCommand
{
    private readonly Argument<FileInfo> _older = new("OLDER") { Description = "The older archive" };
    private readonly Argument<FileInfo> _newer = new("NEWER") { Description = "The newer archive" };
    private readonly ComparisonOptions _comparison = new();

    public DiffCommand(GlobalOptions global)
        : base(
            global,
            "diff",
            "Show what differs between two archives, and prove both on the way",
            "backstay archive diff monday.gpg tuesday.gpg",
            "backstay archive diff monday.gpg tuesday.gpg --content --glob '*.conf'",
            "backstay archive diff monday.gpg tuesday.gpg --output json | jq -r '.[] | select(.change == \"added\") | .name'")
    {
        Arguments.Add(_older);
        Arguments.Add(_newer);
        _comparison.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var (older, newer) = (ArchiveFile.Existing(invocation.Value(_older)), ArchiveFile.Existing(invocation.Value(_newer)));
        var comparison = await _comparison.ReadAsync(invocation, cancellationToken);
        return await comparison.RunAsync(
            invocation, (new LocalArchive(older, IsOurs: false), older.Name), (new LocalArchive(newer, IsOurs: false), newer.Name), cancellationToken);
    }
}
