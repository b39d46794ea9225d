namespace Backstay.Archive;

/// <summary>
/// Reads archives front to back, in bounded memory, and trusts nothing in them. Streams are read to their end and not closed.
/// Every failure is an <see cref="ArchiveException"/> whose <see cref="ArchiveException.Fault"/> says what is wrong.
/// </summary>
public static class ArchiveReader
{
    /// <summary>
    /// The entries in archive order. Names are only proven when the enumeration ends without an exception: an archive
    /// authenticates itself at its end.
    /// </summary>
    public static IAsyncEnumerable<ArchiveEntry> ListAsync(
        Stream archive, Unlock unlock, ReadOptions options, CancellationToken cancellationToken)
        => throw new NotImplementedException();

    /// <summary>Proves an archive, or throws.</summary>
    public static Task<VerificationResult> VerifyAsync(
        Stream archive, Unlock unlock, VerifyOptions options, IProgress<ReadProgress>? progress, CancellationToken cancellationToken)
        => throw new NotImplementedException();

    /// <summary>
    /// Extracts to a folder and proves the archive while doing so. On an exception the target holds unproven content: its
    /// message says so, and the folder should be thrown away.
    /// </summary>
    /// <param name="archive">Positioned at its first byte.</param>
    /// <param name="unlock">How to open it.</param>
    /// <param name="target">A folder that doesn't exist (its parent does) or is empty.</param>
    /// <param name="options">Limits and rights.</param>
    /// <param name="progress">Told about four times a second's worth of data, on the reading task.</param>
    /// <param name="cancellationToken">Stops; the target keeps what is there.</param>
    public static Task<ExtractionResult> ExtractAsync(
        Stream archive, Unlock unlock, string target, ExtractOptions options, IProgress<ReadProgress>? progress,
        CancellationToken cancellationToken)
        => throw new NotImplementedException();
}
