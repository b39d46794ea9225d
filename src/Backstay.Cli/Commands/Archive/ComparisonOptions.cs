using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary>What <c>backup diff</c> and <c>archive diff</c> have in common.</summary>
internal sealed class ComparisonOptions
{
    private readonly EntrySelectionOptions _selection = new();
    private readonly Option<bool> _content = new("--content", "-c") { Description = "Show the lines that changed in texts; secrets are masked" };
    private readonly Option<bool> _times = new("--times") { Description = "A modification time alone is a change, too" };

    private readonly Option<bool> _exitCode = new("--exit-code")
    {
        Description = $"End with {(int)ExitCode.Warnings} when anything differs",
    };

    private readonly Option<FileInfo?> _olderPassphrase = new("--older-passphrase-file")
    {
        Description = "The passphrase of the older archive, where it is another one",
        HelpName = "FILE",
    };

    private readonly UnlockOptions _unlock = new();

    public void AddTo(Command command)
    {
        _selection.AddTo(command);
        command.Options.Add(_content);
        command.Options.Add(_times);
        command.Options.Add(_exitCode);
        _unlock.AddTo(command);
        command.Options.Add(_olderPassphrase);
    }

    /// <summary>Everything that can be wrong with a command line is found here, before anything is downloaded.</summary>
    public async Task<Comparison> ReadAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = new CompareOptions
        {
            Selection = _selection.Read(invocation),
            WithTimes = invocation.Value(_times),
            WithTexts = invocation.Value(_content),
        };
        var newer = await _unlock.ReadAsync(invocation, cancellationToken);
        var older = invocation.Value(_olderPassphrase) is { } file
            ? Unlock.WithPassphrase(await PassphraseOptions.FirstLineAsync(file, cancellationToken))
            : newer;
        return new Comparison(options, older, newer, _selection.Sections(invocation), invocation.Value(_exitCode));
    }
}

/// <summary>A comparison that was asked for.</summary>
/// <param name="Sections">Those that were named; null for all.</param>
/// <param name="TellsByExitCode">Whether a difference shows in the exit code.</param>
internal sealed record Comparison(
    CompareOptions Options, Unlock Older, Unlock Newer, IReadOnlyList<ArchiveSection>? Sections, bool TellsByExitCode)
{
    public async Task<ExitCode> RunAsync(
        Invocation invocation, (LocalArchive Archive, string Name) older, (LocalArchive Archive, string Name) newer, CancellationToken cancellationToken)
    {
        await using var before = ArchiveFile.Open(older.Archive.File);
        await using var after = ArchiveFile.Open(newer.Archive.File);
        using var comparison = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board => ArchiveComparison.MakeAsync(
            new ComparedArchive(older.Name, before, Older, ArchiveFile.Progress(board.Add("older"), before.Length)),
            new ComparedArchive(newer.Name, after, Newer, ArchiveFile.Progress(board.Add("newer"), after.Length)),
            Options,
            cancellationToken));
        older.Archive.MustBe(comparison.Before.Manifest);
        newer.Archive.MustBe(comparison.After.Manifest);
        await ComparisonText.ShowAsync(invocation, comparison, Sections);
        return TellsByExitCode && !comparison.Counts.IsNothing ? ExitCode.Warnings : ExitCode.Ok;
    }
}
