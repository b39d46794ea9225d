using System.Text;

namespace Backstay.Archive;

/// <summary>
/// Which entries of an archive are restored: those of the sections that are below one of the paths or match one of the patterns
/// (all, if there is neither), and aren't excluded. Folders above them are made where they aren't there.
/// </summary>
public sealed class RestoreSelection
{
    // What a restore that was cut off, or one before, left on the appliance.
    private static readonly string[] OwnLeftOvers = [".backstay-restore", $"/{RestoreFolders.Work}"];

    private readonly IReadOnlyList<ArchiveSection>? _sections;
    private readonly byte[][] _paths;
    private readonly GlobPattern[] _patterns;
    private readonly GlobPattern[] _excludes;

    private RestoreSelection(IReadOnlyList<ArchiveSection>? sections, byte[][] paths, GlobPattern[] patterns, GlobPattern[] excludes)
    {
        _sections = sections;
        _paths = paths;
        _patterns = patterns;
        _excludes = excludes;
    }

    /// <summary>Everything but <see cref="PathExcludes.Always"/>, which no agent archives.</summary>
    public static RestoreSelection All { get; } = Parse(null, [], [], []);

    /// <summary>Compiles a selection.</summary>
    /// <param name="sections">Null for all.</param>
    /// <param name="paths">
    /// Absolute: of the machine (<c>/etc/nginx</c>), in whichever section. Without a slash in front: of the archive
    /// (<c>state/databases</c>). Each with all below it.
    /// </param>
    /// <param name="patterns">As of <see cref="PathExcludes"/>, on paths of the machine; a folder that matches brings all below it.</param>
    /// <param name="excludes">Patterns, likewise; they go before everything else.</param>
    /// <exception cref="FormatException">Names everything that is wrong.</exception>
    public static RestoreSelection Parse(
        IReadOnlyList<ArchiveSection>? sections, IReadOnlyList<string> paths, IReadOnlyList<string> patterns, IReadOnlyList<string> excludes)
    {
        var errors = new List<string>();
        byte[][] parsed = [.. paths.Select(path => ParsePath(path, errors))];
        GlobPattern[] wanted = Compile(patterns, "Pattern", errors);
        GlobPattern[] unwanted = Compile([.. excludes, .. PathExcludes.Always, .. OwnLeftOvers], "Exclude pattern", errors);
        return errors.Count == 0
            ? new RestoreSelection(sections, parsed, wanted, unwanted)
            : throw new FormatException(string.Join(Environment.NewLine, errors));
    }

    /// <summary>Whether an entry is restored.</summary>
    /// <param name="name">In the archive, without a slash at its end, below a section.</param>
    /// <param name="section">The section that it is in.</param>
    /// <param name="isDirectory">Whether it is a folder.</param>
    internal bool Selects(ReadOnlySpan<byte> name, ArchiveSection section, bool isDirectory)
    {
        if (_sections is not null && !_sections.Contains(section))
            return false;
        ReadOnlySpan<byte> path = name[ArchiveSections.Folder(section).Length..];
        if (MatchesWithFoldersAbove(_excludes, path, isDirectory))
            return false;
        return (_paths.Length == 0 && _patterns.Length == 0) || IsBelowPath(name, path) || MatchesWithFoldersAbove(_patterns, path, isDirectory);
    }

    private bool IsBelowPath(ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
    {
        foreach (byte[] wanted in _paths)
        {
            ReadOnlySpan<byte> whole = wanted[0] == '/' ? path : name;
            if (wanted.Length == 1 || (whole.StartsWith(wanted) && (whole.Length == wanted.Length || whole[wanted.Length] == '/')))
                return true;
        }
        return false;
    }

    private static bool MatchesWithFoldersAbove(GlobPattern[] patterns, ReadOnlySpan<byte> path, bool isDirectory)
    {
        if (patterns.Length == 0)
            return false;
        for (int end = 1; end <= path.Length; end++)
        {
            bool isWhole = end == path.Length;
            if (!isWhole && path[end] != '/')
                continue;
            foreach (GlobPattern pattern in patterns)
            {
                if ((!isWhole || isDirectory || !pattern.DirectoriesOnly) && pattern.Matches(path[..end]))
                    return true;
            }
        }
        return false;
    }

    private static byte[] ParsePath(string path, List<string> errors)
    {
        string plain = path.Length > 1 ? path.TrimEnd('/') : path;
        if (plain.Length == 0 || plain.Contains('\0', StringComparison.Ordinal))
            errors.Add($"Path '{path}': it is empty, or has a zero character.");
        else if (plain != "/" && plain.TrimStart('/').Split('/').Any(part => part is "" or "." or ".."))
            errors.Add($"Path '{path}': it has a component that is empty, '.' or '..'.");
        else if (plain[0] != '/' && ArchiveSections.Of(Encoding.UTF8.GetBytes(plain)) is null)
            errors.Add($"Path '{path}': begin with a slash for a path of the machine, or with config, state, logs or audit for one of the archive.");
        return Encoding.UTF8.GetBytes(plain);
    }

    private static GlobPattern[] Compile(IReadOnlyList<string> patterns, string what, List<string> errors)
    {
        var compiled = new List<GlobPattern>();
        foreach (string pattern in patterns)
        {
            if (GlobPattern.Compile(pattern, out string? error) is { } one)
                compiled.Add(one);
            else
                errors.Add($"{what} '{pattern}': {error}.");
        }
        return [.. compiled];
    }
}
