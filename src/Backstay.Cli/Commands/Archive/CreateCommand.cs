using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Connection;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary><c>backstay archive create</c>: the same archive that an agent makes, made by hand.</summary>
internal sealed class CreateCommand : CliCommand
{
    private readonly Argument<string[]> _paths = new("PATH")
    {
        Description = "What to archive, with all below it",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<FileInfo> _file = new("--to") { Description = "The archive to write", HelpName = "FILE", Required = true };
    private readonly Option<string[]> _excludes = new("--exclude") { Description = "A pattern to leave out; may be given again", HelpName = "PATTERN" };
    private readonly Option<bool> _oneFileSystem = new("--one-file-system") { Description = "Stay out of what is mounted from elsewhere" };

    private readonly Option<ArchiveSection> _section = new("--section")
    {
        Description = "Where in the archive it belongs",
        HelpName = "config|state|logs|audit",
        DefaultValueFactory = _ => ArchiveSection.Config,
    };

    private readonly Option<FileInfo[]> _recipients = new("--recipient")
    {
        Description = "An OpenPGP public key that can open it, too; may be given again. Without a passphrase given, it alone can",
        HelpName = "FILE",
    };

    private readonly Option<int> _level = CommonOptions.Number("--level", least: 1, standard: 1, "Zstandard level, 1 to 19");
    private readonly Option<string?> _name = new("--name") { Description = "The appliance's name in the manifest (else this machine's)", HelpName = "NAME" };
    private readonly Option<bool> _force = CommonOptions.Force();
    private readonly PassphraseOptions _passphrase = new();

    public CreateCommand(GlobalOptions global)
        : base(
            global,
            "create",
            "Make a sealed archive of files on this machine",
            "backstay archive create --to etc.gpg /etc",
            "backstay archive create --to www.gpg --recipient backup-key.asc --exclude '*.tmp' --exclude /srv/www/cache/ /srv/www")
    {
        Arguments.Add(_paths);
        Options.Add(_file);
        Options.Add(_section);
        Options.Add(_excludes);
        Options.Add(_oneFileSystem);
        Options.Add(_recipients);
        Options.Add(_level);
        Options.Add(_name);
        Options.Add(_force);
        _passphrase.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = invocation.Value(_file)!.FullName;
        var force = invocation.Value(_force);
        if (!force && Path.Exists(file))
            throw PrivateFile.Exists(file);
        var job = await JobAsync(invocation, cancellationToken);

        // Beside its final name, so that the rename at the end is one step.
        var temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        ArchiveSummary summary;
        try
        {
            summary = await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board =>
                WriteAsync(job, temporary, board.Add(Path.GetFileName(file)), invocation.Clock, cancellationToken));
            File.Move(temporary, file, force);
            DurableFolder.Flush(Path.GetDirectoryName(file)!);
        }
        finally
        {
            File.Delete(temporary);
        }

        foreach (var warning in summary.Warnings)
            invocation.Terminal.Warn($"{warning.Path}: {warning.Message}");
        var created = CreatedArchive.Of(new FileInfo(file), summary);
        invocation.Terminal.Result(created, CliJson.Default.CreatedArchive, shown => invocation.Terminal.Line(
            $"{shown.File}: {Human.Count(shown.Files)} files, {Human.Size(shown.ContentBytes)} ({Human.Size(shown.SealedBytes)} sealed)"));
        return summary.WarningCount > 0 ? ExitCode.Warnings : ExitCode.Ok;
    }

    private async Task<Job> JobAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var recipients = new List<Recipient>();
        foreach (var key in invocation.Value(_recipients) ?? [])
        {
            var content = await File.ReadAllBytesAsync(key.FullName, cancellationToken);
            recipients.Add(Recipient.Parse(content, invocation.Clock.GetUtcNow()));
        }

        var passphrase = recipients.Count > 0
            ? await _passphrase.ReadIfGivenAsync(invocation, cancellationToken)
            : await _passphrase.ReadAsync(invocation, cancellationToken);
        string[] paths = [.. invocation.Value(_paths).Select(path => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))];
        var excludes = Excludes(invocation);
        if (paths.Select(excludes.WhyNothingOf).FirstOrDefault(why => why is not null) is { } nothing)
            throw CliException.Usage(nothing);
        return new Job(
            paths,
            invocation.Value(_section),
            excludes,
            passphrase is null ? [] : [passphrase],
            recipients,
            Level(invocation),
            invocation.Value(_name) ?? Environment.MachineName);
    }

    private PathExcludes Excludes(Invocation invocation)
    {
        try
        {
            return PathExcludes.Parse(invocation.Value(_excludes) ?? [], invocation.Value(_oneFileSystem));
        }
        catch (FormatException e)
        {
            throw CliException.Usage(e.Message);
        }
    }

    private int Level(Invocation invocation) => invocation.Value(_level) is var level and <= 19
        ? level
        : throw CliException.Usage("--level is 1 to 19.");

    private static async Task<ArchiveSummary> WriteAsync(
        Job job, string path, ProgressLine line, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var key = SessionKey.Generate();
        var manifest = new ArchiveManifest
        {
            ApplianceName = job.Name,
            AgentVersion = typeof(CreateCommand).Assembly.GetName().Version!.ToString(fieldCount: 3),
            Sections = [job.Section],
            Started = clock.GetUtcNow(),
            Hostname = Environment.MachineName,
        };
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        await using var output = new FileStream(path, options);
        var envelope = Envelope.Wrap(key, job.Passphrases, job.Recipients);
        await using var writer = ArchiveWriter.Create(
            output, key, envelope, manifest, new ArchiveWriterOptions { CompressionLevel = job.Level });
        await using (Ticker(writer, line, clock))
        {
            foreach (var source in job.Paths)
                await writer.AddTreeAsync(job.Section, source, job.Excludes, cancellationToken);
        }

        var summary = await writer.FinishAsync(clock.GetUtcNow(), cancellationToken);
        output.Flush(flushToDisk: true);
        return summary;
    }

    private static ITimer Ticker(ArchiveWriter writer, ProgressLine line, TimeProvider clock)
    {
        var pause = TimeSpan.FromMilliseconds(250);
        return clock.CreateTimer(
            _ =>
            {
                var progress = writer.Progress;
                line.Report($"{Human.Count(progress.Files)} files, {Human.Size(progress.Bytes)}", progress.Bytes, null);
            },
            state: null,
            pause,
            pause);
    }

    private sealed record Job(
        IReadOnlyList<string> Paths,
        ArchiveSection Section,
        PathExcludes Excludes,
        IReadOnlyList<string> Passphrases,
        IReadOnlyList<Recipient> Recipients,
        int Level,
        string Name);
}
