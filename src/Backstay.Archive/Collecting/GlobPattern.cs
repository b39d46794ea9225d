using System.Text;

namespace Backstay.Archive;

/// <summary>One compiled pattern of <see cref="PathExcludes"/>. Matching takes no memory and no more than quadratic time.</summary>
internal sealed class GlobPattern
{
    private const int MaxLength = 4096;
    private readonly GlobComponent?[] _components; // null: "**"

    private GlobPattern(GlobComponent?[] components, bool directoriesOnly)
    {
        _components = components;
        DirectoriesOnly = directoriesOnly;
    }

    public bool DirectoriesOnly { get; }

    /// <summary>Compiles a pattern, or says what is wrong with it.</summary>
    public static GlobPattern? Compile(string pattern, out string? error)
    {
        error = Complaint(pattern);
        if (error is not null)
            return null;
        byte[] bytes = Encoding.UTF8.GetBytes(pattern);
        var components = new List<GlobComponent?>();
        bool anchored = bytes[0] == '/';
        if (!anchored)
            components.Add(null);
        bool directoriesOnly = bytes.Length > 1 && bytes[^1] == '/';
        int start = anchored ? 1 : 0;
        ReadOnlySpan<byte> body = bytes.AsSpan(start, bytes.Length - start - (directoriesOnly ? 1 : 0));
        foreach (Range range in body.Split((byte)'/'))
        {
            ReadOnlySpan<byte> part = body[range];
            if (part.SequenceEqual("**"u8))
            {
                if (components.Count == 0 || components[^1] is not null) // "**/**" is "**"
                    components.Add(null);
                continue;
            }
            GlobComponent? component = GlobComponent.Compile(part, out error);
            if (component is null)
                return null;
            components.Add(component);
        }
        return new GlobPattern([.. components], directoriesOnly);
    }

    /// <summary>Whether the pattern matches an absolute path as a whole.</summary>
    public bool Matches(ReadOnlySpan<byte> path)
    {
        // The usual walk with one point to come back to: a later "**" makes every earlier one as short as it can be.
        int at = 1, component = 0, starComponent = -1, starAt = 0;
        while (at < path.Length)
        {
            int end = EndOfComponent(path, at);
            if (component < _components.Length && _components[component] is null)
            {
                if (component == _components.Length - 1)
                    return true; // there is at least one component left for the "**" at the end
                starComponent = component++;
                starAt = at;
            }
            else if (component < _components.Length && _components[component]!.Matches(path[at..end]))
            {
                component++;
                at = end + 1;
            }
            else if (starComponent >= 0)
            {
                at = starAt = EndOfComponent(path, starAt) + 1;
                component = starComponent + 1;
            }
            else
            {
                return false;
            }
        }
        return component == _components.Length;
    }

    private static int EndOfComponent(ReadOnlySpan<byte> path, int at)
    {
        int slash = path[at..].IndexOf((byte)'/');
        return slash < 0 ? path.Length : at + slash;
    }

    private static string? Complaint(string pattern)
    {
        if (pattern.Length == 0)
            return "it is empty";
        if (pattern.Length > MaxLength)
            return $"it is longer than {MaxLength} characters";
        if (pattern.Contains('\0', StringComparison.Ordinal))
            return "it has a zero character";
        if (pattern == "/")
            return "it would leave out everything";
        string[] parts = pattern.Trim('/').Split('/');
        if (pattern.Contains("//", StringComparison.Ordinal))
            return "it has an empty component (//)";
        if (parts.Any(part => part is "." or ".."))
            return "it has a component . or .., which no path here has";
        if (parts.Any(part => part != "**" && part.Contains("**", StringComparison.Ordinal)))
            return "** must be a component of its own, as in /var/**/cache";
        return null;
    }
}
