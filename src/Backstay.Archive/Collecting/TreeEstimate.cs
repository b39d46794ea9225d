namespace Backstay.Archive;

/// <summary>A quick count of what a tree holds, for progress and for room.</summary>
/// <param name="Files">Regular files, links and other entries that aren't folders.</param>
/// <param name="Bytes">Sum of the sizes of the regular files.</param>
public readonly record struct TreeEstimate(long Files, long Bytes)
{
    /// <summary>Counts without opening files; bounded memory. A path that doesn't exist counts as nothing.</summary>
    public static Task<TreeEstimate> CountAsync(string path, PathExcludes excludes, CancellationToken cancellationToken)
        => throw new NotImplementedException();
}
