using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary><c>backstay archive list</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private readonly Argument<FileInfo> _archive = new("ARCHIVE") { Description = "The archive" };
    private readonly UnlockOptions _unlock = new();

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List what is in an archive",
            "backstay archive list gw-01.gpg",
            "backstay archive list gw-01.gpg --output json | jq -r '.[].name'")
    {
        Arguments.Add(_archive);
        _unlock.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = ArchiveFile.Existing(invocation.Value(_archive));
        var unlock = await _unlock.ReadAsync(invocation, cancellationToken);
        await using var archive = ArchiveFile.Open(file);
        var entries = ArchiveReader.ListAsync(archive, unlock, new ReadOptions(), cancellationToken);
        if (invocation.Terminal.Format == OutputFormat.Json)
        {
            await invocation.Terminal.JsonArrayAsync(entries, CliJson.Default.ListedEntry, ListedEntry.Of);
            return ExitCode.Ok;
        }

        await foreach (var entry in entries)
            invocation.Terminal.Line(ListedEntry.Of(entry).Line(invocation.Clock));
        return ExitCode.Ok;
    }
}
