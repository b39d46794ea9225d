using System.IO.Enumeration;
using System.Text;
using Backstay.Archive;

namespace Backstay.Agent.Configuration;

/// <summary>
/// Finds paths of one section of which one is within another, or the same: their files would be archived twice, and restored twice.
/// Patterns count as far as they can be judged without looking at the machine.
/// </summary>
internal sealed class SourceOverlaps
{
    private readonly List<(string Path, FilesSettings Source)> _known = [];

    /// <summary>Takes a source in, and says what it overlaps with, a sentence each.</summary>
    public IReadOnlyList<string> Add(FilesSettings source)
    {
        var overlaps = new List<string>();
        foreach (var path in source.Paths.Where(ValueSyntax.IsPlainAbsolutePath))
        {
            overlaps.AddRange(_known.Select(known => Describe(known.Path, known.Source, path, source)).OfType<string>());
            _known.Add((path, source));
        }

        return overlaps;
    }

    private static string? Describe(string earlier, FilesSettings earlierSource, string path, FilesSettings source)
    {
        var (a, b) = (Components(earlier), Components(path));
        if (a.SequenceEqual(b, StringComparer.Ordinal))
            return $"\"{path}\" is named twice in this section. Remove one of them.";
        if (Contains(a, b))
            return Excludes(earlierSource, a.Length, b) ? null : Within(path, earlier);
        return Contains(b, a) && !Excludes(source, b.Length, a) ? Within(earlier, path) : null;
    }

    private static string Within(string inner, string outer) =>
        $"\"{inner}\" is within \"{outer}\" of the same section, and would be archived twice. Remove it, or exclude it from the entry with \"{outer}\".";

    private static string[] Components(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether all that <paramref name="inner"/> can stand for is within what <paramref name="outer"/> stands for.</summary>
    private static bool Contains(string[] outer, string[] inner) =>
        outer.Length <= inner.Length && outer.Zip(inner).All(pair => Matches(pair.First, pair.Second));

    /// <summary>As <see cref="Sources.GlobPaths"/> matches: a name that begins with a dot only if the pattern does.</summary>
    private static bool Matches(string pattern, string name) => pattern == name
        || (!IsPattern(name) && IsPattern(pattern) && (name[0] != '.' || pattern[0] == '.')
            && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false));

    private static bool IsPattern(string component) => component.AsSpan().IndexOfAny('*', '?') >= 0;

    /// <summary>Whether the outer source leaves the inner path out, or a folder above it.</summary>
    private static bool Excludes(FilesSettings outer, int outerLength, string[] inner)
    {
        PathExcludes excludes;
        try
        {
            excludes = PathExcludes.Parse(outer.Exclude);
        }
        catch (FormatException)
        {
            return true; // that is the mistake to correct first
        }

        return Enumerable.Range(outerLength, inner.Length - outerLength + 1)
            .Select(length => $"/{string.Join('/', inner.Take(length))}")
            .Any(path => excludes.Excludes(Encoding.UTF8.GetBytes(path), isDirectory: true));
    }
}
