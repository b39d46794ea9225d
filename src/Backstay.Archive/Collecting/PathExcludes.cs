using System.Text;

namespace Backstay.Archive;

/// <summary>
/// What to leave out of a tree. Patterns work on bytes, without regard to locale:
/// <list type="bullet">
/// <item><c>*</c> any run within one component, <c>?</c> one character, <c>[a-z]</c> <c>[!a-z]</c> one of a set, <c>\</c> takes the next as it is.</item>
/// <item><c>**</c> as a whole component: any number of components.</item>
/// <item>A pattern that begins with <c>/</c> matches the whole path; any other matches at any depth (<c>*.tmp</c>, <c>cache/old</c>).</item>
/// <item>A pattern that ends with <c>/</c> matches folders alone.</item>
/// <item>A folder that matches is left out with all below it; <c>/var/cache/**</c> keeps the folder itself.</item>
/// </list>
/// </summary>
public sealed class PathExcludes
{
    private const int MaxPatterns = 1000;
    private readonly GlobPattern[] _compiled;

    private PathExcludes(IReadOnlyList<string> patterns, GlobPattern[] compiled, bool oneFileSystem)
    {
        Patterns = patterns;
        OneFileSystem = oneFileSystem;
        _compiled = compiled;
    }

    /// <summary>Left out whatever the patterns say: <c>/proc/**</c>, <c>/sys/**</c>, <c>/dev/**</c>, <c>lost+found/**</c>.</summary>
    public static IReadOnlyList<string> Always { get; } = ["/proc/**", "/sys/**", "/dev/**", "lost+found/**"];

    /// <summary>No patterns but <see cref="Always"/>; other file systems are entered.</summary>
    public static PathExcludes None { get; } = Parse([]);

    /// <summary>The patterns as given.</summary>
    public IReadOnlyList<string> Patterns { get; }

    /// <summary>Folders that are mounted from another file system are archived empty.</summary>
    public bool OneFileSystem { get; }

    /// <summary>Compiles patterns.</summary>
    /// <param name="patterns">In any order; at most 1000.</param>
    /// <param name="oneFileSystem">See <see cref="OneFileSystem"/>.</param>
    /// <exception cref="FormatException">Names every bad pattern and what is wrong with it.</exception>
    public static PathExcludes Parse(IReadOnlyList<string> patterns, bool oneFileSystem = false)
    {
        if (patterns.Count > MaxPatterns)
            throw new FormatException($"{patterns.Count} exclude patterns are more than {MaxPatterns}.");
        var compiled = new List<GlobPattern>();
        var errors = new List<string>();
        foreach (string pattern in patterns.Concat(Always))
        {
            if (GlobPattern.Compile(pattern, out string? error) is { } one)
                compiled.Add(one);
            else
                errors.Add($"Exclude pattern '{pattern}': {error}.");
        }
        if (errors.Count > 0)
            throw new FormatException(string.Join(Environment.NewLine, errors));
        return new PathExcludes([.. patterns], [.. compiled], oneFileSystem);
    }

    /// <summary>Why nothing would be archived of a folder that is asked for by itself: all below it is left out. Null: it isn't.</summary>
    /// <param name="path">Absolute. Where nothing is yet, a folder is expected.</param>
    public string? WhyNothingOf(string path) => !File.Exists(path) && Excludes(Encoding.UTF8.GetBytes(Path.Join(path, "any name")), isDirectory: false)
        ? $"All of \"{path}\" is left out, so nothing would be archived: by an exclude, or always ({string.Join(", ", Always)})."
        : null;

    /// <summary>Whether an absolute path is left out by a pattern that matches it itself.</summary>
    public bool Excludes(ReadOnlySpan<byte> path, bool isDirectory)
    {
        foreach (GlobPattern pattern in _compiled)
        {
            if ((isDirectory || !pattern.DirectoriesOnly) && pattern.Matches(path))
                return true;
        }
        return false;
    }
}
