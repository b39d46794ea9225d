using System.Text;

namespace Backstay.Archive;

/// <summary>A quick count of what a tree holds, for progress and for room.</summary>
/// <param name="Files">Regular files, links and other entries that aren't folders.</param>
/// <param name="Bytes">Sum of the sizes of the regular files.</param>
public readonly record struct TreeEstimate(long Files, long Bytes)
{
    /// <summary>Counts without opening files; bounded memory. A path that doesn't exist counts as nothing.</summary>
    /// <exception cref="ArgumentException">A path that isn't absolute and plain.</exception>
    public static Task<TreeEstimate> CountAsync(string path, PathExcludes excludes, CancellationToken cancellationToken)
    {
        byte[] root = SourcePath.Parse(path);
        return Task.Run(() => Count(root, excludes, cancellationToken), cancellationToken);
    }

    private static TreeEstimate Count(byte[] root, PathExcludes excludes, CancellationToken cancellationToken)
    {
        long files = 0, bytes = 0;
        using var walker = new TreeWalker(root, excludes);
        while (walker.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (walker.Step != WalkStep.Entry)
                continue;
            files++;
            if (FileStatus.At(walker.ParentFd, walker.Name, out FileStatus status) == Errno.None
                && status.Type == FileType.Regular)
                bytes += status.Size;
        }
        return new TreeEstimate(files, bytes);
    }
}

/// <summary>The paths that callers give as text.</summary>
internal static class SourcePath
{
    /// <summary>An absolute path as bytes, without the slash at its end; empty for <c>/</c>.</summary>
    public static byte[] Parse(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal))
            throw new ArgumentException($"'{path}' isn't an absolute path.", nameof(path));
        string plain = path.TrimEnd('/');
        if (plain.Split('/').Skip(1).Any(part => part is "" or "." or ".."))
            throw new ArgumentException($"'{path}' has a component that is empty, '.' or '..'; give the plain path.", nameof(path));
        return Encoding.UTF8.GetBytes(plain);
    }

    /// <summary>A name below a section as bytes.</summary>
    public static byte[] ParseRelative(string name)
    {
        if (name.Contains('\0', StringComparison.Ordinal) || name.Split('/').Any(part => part is "" or "." or ".."))
            throw new ArgumentException($"'{name}' isn't a plain relative name.", nameof(name));
        return Encoding.UTF8.GetBytes(name);
    }
}
