namespace Backstay.Archive;

/// <summary>Mounted file systems that a tree would be archived without.</summary>
public static class SkippedMounts
{
    /// <summary>What is the matter with one, and the ways out.</summary>
    public const string Advice =
        "Another file system is mounted here, which is left out. Exclude it here and add it as a path of its own, or have other file "
        + "systems entered (oneFileSystem: false); if it isn't wanted, exclude it.";

    /// <summary>
    /// Looks for them without opening files; bounded memory but for what is found. As a backup would: without what is excluded, what
    /// is in memory alone (tmpfs), and pseudo file systems.
    /// </summary>
    /// <returns>Their paths; bytes that aren't UTF-8 are shown as <c>\xHH</c>.</returns>
    /// <exception cref="ArgumentException">A path that isn't absolute and plain.</exception>
    public static Task<IReadOnlyList<string>> FindAsync(string path, PathExcludes excludes, CancellationToken cancellationToken)
    {
        byte[] root = SourcePath.Parse(path);
        return Task.Run<IReadOnlyList<string>>(() => Find(root, excludes, cancellationToken), cancellationToken);
    }

    private static List<string> Find(byte[] root, PathExcludes excludes, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        if (!excludes.OneFileSystem)
            return found;
        using var walker = new TreeWalker(root, excludes);
        while (walker.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (walker.Step == WalkStep.Directory && walker.DirectoryIsSkippedMount)
                found.Add(DisplayName.Of(walker.Path));
        }
        return found;
    }
}
