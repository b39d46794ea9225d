using System.Runtime.CompilerServices;

namespace Backstay.Archive;

/// <summary>
/// Reads archives front to back, in bounded memory, and trusts nothing in them. Streams are read to their end and not closed.
/// Every failure is an <see cref="ArchiveException"/> whose <see cref="ArchiveException.Fault"/> says what is wrong, but for
/// those of the stream itself and cancellation.
/// </summary>
public static class ArchiveReader
{
    /// <summary>
    /// The entries in archive order. Names are only proven when the enumeration ends without an exception: an archive
    /// authenticates itself at its end.
    /// </summary>
    public static async IAsyncEnumerable<ArchiveEntry> ListAsync(
        Stream archive, Unlock unlock, ReadOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var pipeline = new ReadingPipeline(archive, unlock, options, cancellationToken);
        while (await pipeline.Tar.NextAsync(cancellationToken).ConfigureAwait(false))
            yield return pipeline.Tar.Entry.ToArchiveEntry();
    }

    /// <summary>Proves an archive, or throws.</summary>
    /// <param name="archive">Positioned at its first byte.</param>
    /// <param name="unlock">How to open it.</param>
    /// <param name="options">Limits.</param>
    /// <param name="progress">Told after every 4 MiB of content and at the end, on the reading task.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<VerificationResult> VerifyAsync(
        Stream archive, Unlock unlock, VerifyOptions options, IProgress<ReadProgress>? progress, CancellationToken cancellationToken)
    {
        await using var pipeline = new ReadingPipeline(archive, unlock, options, cancellationToken);
        using var verifier = new ContentVerifier(pipeline, options, sink: null, progress);
        return await verifier.RunAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Extracts to a folder and proves the archive while doing so. On an exception the target holds unproven content: its
    /// message says so, and the folder should be thrown away.
    /// </summary>
    /// <param name="archive">Positioned at its first byte.</param>
    /// <param name="unlock">How to open it.</param>
    /// <param name="target">A folder that doesn't exist (its parent does) or is empty.</param>
    /// <param name="options">Limits and rights.</param>
    /// <param name="progress">Told after every 4 MiB of content and at the end, on the reading task.</param>
    /// <param name="cancellationToken">Stops; the target keeps what is there.</param>
    public static async Task<ExtractionResult> ExtractAsync(
        Stream archive, Unlock unlock, string target, ExtractOptions options, IProgress<ReadProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var extractor = new Extractor(target, options);
        try
        {
            await using var pipeline = new ReadingPipeline(archive, unlock, options, cancellationToken);
            using var verifier = new ContentVerifier(pipeline, options, extractor, progress);
            VerificationResult verification = await verifier.RunAsync(cancellationToken).ConfigureAwait(false);
            extractor.Complete();
            return new ExtractionResult(verification, extractor.Problems, extractor.ProblemCount);
        }
        catch (ArchiveException e) when (extractor.HasWritten)
        {
            throw new ArchiveException(e.Fault, $"{e.Message} What was extracted to '{target}' until then is not proven: delete it.", e);
        }
    }
}
