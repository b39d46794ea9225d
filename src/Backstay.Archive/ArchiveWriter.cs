namespace Backstay.Archive;

/// <summary>
/// Writes one archive to a stream: collect → tar → zstd → OpenPGP → output, every stage a task, joined by bounded pipes.
/// Sections are written in order (<see cref="ArchiveSection"/>), calls one at a time. Only <see cref="FinishAsync"/> makes an
/// archive that opens; disposing before it leaves a stream that every reader refuses as truncated.
/// </summary>
public sealed class ArchiveWriter : IAsyncDisposable
{
    /// <param name="output">Where sealed bytes go; written by one task at a time, neither flushed early nor closed.</param>
    /// <param name="key">Seals the archive; may be disposed as soon as this returns.</param>
    /// <param name="envelope">The packets that let passphrases and secret keys find <paramref name="key"/> (<see cref="Envelope"/>).</param>
    /// <param name="manifest">Becomes the first entry.</param>
    /// <param name="options">Sizes and level.</param>
    /// <exception cref="ArgumentException">An option out of range, or an empty envelope.</exception>
    public static ArchiveWriter Create(
        Stream output, SessionKey key, ReadOnlyMemory<byte> envelope, ArchiveManifest manifest, ArchiveWriterOptions options)
        => throw new NotImplementedException();

    /// <summary>Counters of this moment, from any thread.</summary>
    public ArchiveProgress Progress => throw new NotImplementedException();

    /// <summary>
    /// Adds a file, a symbolic link or a folder with everything below it, under the section, with its absolute path; also the
    /// folders above it (themselves, not what is in them). What can't be read becomes a warning. Paths that overlap are
    /// archived as often as they are added.
    /// </summary>
    /// <param name="section">Not before the section of the call before.</param>
    /// <param name="path">Absolute, without <c>.</c> and <c>..</c>. Links above the last component are followed.</param>
    /// <param name="excludes">What to leave out below <paramref name="path"/>.</param>
    /// <param name="cancellationToken">Cancels the whole archive: a writer that was cancelled can't be finished.</param>
    /// <returns>False if <paramref name="path"/> itself could not be archived; the warning says why.</returns>
    /// <exception cref="ArgumentException">A path that isn't absolute and plain.</exception>
    /// <exception cref="InvalidOperationException">A section out of order, a call beside another, a writer that was finished.</exception>
    public Task<bool> AddTreeAsync(ArchiveSection section, string path, PathExcludes excludes, CancellationToken cancellationToken)
        => throw new NotImplementedException();

    /// <summary>
    /// Adds one regular file from a stream, as <c>section/name</c>. If the stream ends early the rest is zeros; what comes
    /// after <paramref name="length"/> is not read; both with a warning. A stream that throws is a failure of the archive.
    /// </summary>
    /// <param name="section">Not before the section of the call before.</param>
    /// <param name="name">Relative to the section, such as <c>databases/app.dump</c>; no <c>.</c>, <c>..</c> or empty component.</param>
    /// <param name="content">Read to <paramref name="length"/> before this returns; not closed.</param>
    /// <param name="length">In bytes.</param>
    /// <param name="attributes">Owner, mode, time.</param>
    /// <param name="cancellationToken">Cancels the whole archive.</param>
    public Task AddFileAsync(
        ArchiveSection section, string name, Stream content, long length, ArchiveFileAttributes attributes,
        CancellationToken cancellationToken)
        => throw new NotImplementedException();

    /// <summary>Adds a warning to the summary. From any thread.</summary>
    public void Warn(ArchiveWarning warning) => throw new NotImplementedException();

    /// <summary>Writes SHA256SUMS and the summary, ends and flushes the stream.</summary>
    /// <param name="ended">The end time of the summary; its start is the manifest's.</param>
    /// <param name="cancellationToken">Cancels the whole archive.</param>
    public Task<ArchiveSummary> FinishAsync(DateTimeOffset ended, CancellationToken cancellationToken)
        => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
