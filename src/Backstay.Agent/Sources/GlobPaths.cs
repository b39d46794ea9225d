using System.IO.Enumeration;

namespace Backstay.Agent.Sources;

/// <summary>Finds the paths that an absolute path with <c>*</c> and <c>?</c> stands for, as a shell would.</summary>
internal static class GlobPaths
{
    /// <returns>Sorted; empty if nothing is there. A link counts by itself, wherever it leads.</returns>
    public static IReadOnlyList<string> Find(string pattern)
    {
        IEnumerable<string> found = ["/"];
        foreach (var component in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
            found = component.AsSpan().IndexOfAny('*', '?') < 0 ? Step(found, component) : Match(found, component);
        return [.. found.Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Step(IEnumerable<string> folders, string name) =>
        folders.Select(folder => Path.Combine(folder, name)).Where(Exists);

    private static IEnumerable<string> Match(IEnumerable<string> folders, string pattern) =>
        folders.SelectMany(Entries).Where(path =>
        {
            var name = Path.GetFileName(path.AsSpan());
            return (name[0] != '.' || pattern[0] == '.') && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: false);
        });

    private static IEnumerable<string> Entries(string folder)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(folder).ToList();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static bool Exists(string path)
    {
        try
        {
            File.GetAttributes(path); // of the link itself, unlike File.Exists
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
