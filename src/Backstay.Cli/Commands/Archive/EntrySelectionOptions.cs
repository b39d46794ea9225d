using System.CommandLine;
using Backstay.Archive;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Archive;

/// <summary>Which part of an archive is meant.</summary>
internal sealed class EntrySelectionOptions
{
    private readonly Option<ArchiveSection[]> _sections = new("--section")
    {
        Description = "Only this section; may be given again",
        HelpName = "config|state|logs|audit",
    };

    private readonly Option<string[]> _paths = Several(
        "--path", "PATH", "Only this path of the machine with all below it, or (without a slash in front) of the archive");

    private readonly Option<string[]> _globs = Several("--glob", "PATTERN", "Only what matches, at any depth, or from the root on with a slash in front");
    private readonly Option<string[]> _excludes = Several("--exclude", "PATTERN", "Leave out what matches");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_sections, _paths, _globs, _excludes])
            command.Options.Add(option);
    }

    /// <summary>The sections that were named; null for all.</summary>
    public IReadOnlyList<ArchiveSection>? Sections(Invocation invocation) =>
        invocation.Value(_sections) is { Length: > 0 } sections ? sections : null;

    public RestoreSelection Read(Invocation invocation)
    {
        try
        {
            return RestoreSelection.Parse(
                Sections(invocation), invocation.Value(_paths) ?? [], invocation.Value(_globs) ?? [], invocation.Value(_excludes) ?? []);
        }
        catch (FormatException e)
        {
            throw CliException.Usage(e.Message);
        }
    }

    private static Option<string[]> Several(string name, string value, string description) =>
        new(name) { Description = $"{description}; may be given again", HelpName = value };
}
