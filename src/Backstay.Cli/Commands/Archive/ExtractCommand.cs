using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary><c>backstay archive extract</c>.</summary>
internal sealed class ExtractCommand : CliCommand
{
    private readonly Argument<FileInfo> _archive = new("ARCHIVE") { Description = "The archive" };
    private readonly Argument<DirectoryInfo> _target = new("DIR") { Description = "A folder that is empty or not there yet" };
    private readonly UnlockOptions _unlock = new();

    private readonly Option<ArchiveSection[]> _sections = new("--section")
    {
        Description = "Only this section; may be given again",
        HelpName = "config|state|logs|audit",
    };

    private readonly Option<bool> _noOwner = new("--no-owner") { Description = "Files belong to the caller, also for root" };
    private readonly Option<bool> _devices = new("--devices") { Description = "Make device nodes, too" };

    public ExtractCommand(GlobalOptions global)
        : base(
            global,
            "extract",
            "Open an archive into a folder, and prove it on the way",
            "backstay archive extract gw-01.gpg restored",
            "backstay archive extract gw-01.gpg restored --section config")
    {
        Arguments.Add(_archive);
        Arguments.Add(_target);
        Options.Add(_sections);
        Options.Add(_noOwner);
        Options.Add(_devices);
        _unlock.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = ArchiveFile.Existing(invocation.Value(_archive));
        var target = invocation.Value(_target).FullName;
        var options = new ExtractOptions
        {
            RestoreOwner = invocation.Value(_noOwner) ? false : null,
            AllowDevices = invocation.Value(_devices),
            Sections = invocation.Value(_sections) is { Length: > 0 } sections ? sections : null,
        };
        var unlock = await _unlock.ReadAsync(invocation, cancellationToken);
        var result = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, async board =>
        {
            await using var archive = ArchiveFile.Open(file);
            var progress = ArchiveFile.Progress(board.Add(file.Name), archive.Length);
            return await ArchiveReader.ExtractAsync(archive, unlock, target, options, progress, cancellationToken);
        });

        foreach (var problem in result.Problems)
            invocation.Terminal.Warn($"{problem.Path}: {problem.Message}");
        if (result.ProblemCount > result.Problems.Count)
            invocation.Terminal.Warn($"and {Human.Count(result.ProblemCount - result.Problems.Count)} more.");
        var extracted = new ExtractedArchive(
            target, VerifiedArchive.Of(file, result.Verification), result.ProblemCount, result.Problems);
        invocation.Terminal.Result(extracted, CliJson.Default.ExtractedArchive, shown => invocation.Terminal.Line(
            $"{Human.Count(shown.Archive.Files)} files, {Human.Size(shown.Archive.ContentBytes)} in {shown.Target}. The archive is whole."));
        return result.ProblemCount > 0 ? ExitCode.Warnings : ExitCode.Ok;
    }
}

/// <summary>What <c>archive extract --output json</c> prints.</summary>
internal sealed record ExtractedArchive(
    string Target, VerifiedArchive Archive, long ProblemCount, IReadOnlyList<ExtractionProblem> Problems);
