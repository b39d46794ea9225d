using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace Backstay.Archive;

/// <summary>
/// Writes one archive to a stream. Sections are written in order (<see cref="ArchiveSection"/>), calls one at a time. Only
/// <see cref="FinishAsync"/> makes an archive that opens; disposing before it leaves a stream that every reader refuses as
/// truncated.
/// </summary>
/// <remarks>
/// This is the pipeline of step 5. Every stage is its own task, joined to the next by a bounded pipe:
/// <code>
/// 5.1 collect    the caller's AddTreeAsync      → EntryQueue   walks, looks, reads small files
/// 5.2 tar        TarStage                       → BlockPipe    headers, large files, SHA-256 of every file
/// 5.3 zstd       CompressStage                  → BlockPipe    frames of 2 MiB, two at a time
/// 5.4 OpenPGP    SealingStage                   → output       SHA-1, AES-256-CFB, packets
/// </code>
/// A stage that fails stops all others, and its exception is what every later call throws.
/// </remarks>
public sealed class ArchiveWriter : IAsyncDisposable
{
    private const int TarBlockSize = 256 * 1024;
    private const int CompressedBlockSize = 128 * 1024; // a power of two, see SealingStage

    private readonly ArchiveManifest _manifest;
    private readonly ArchiveTally _tally = new();
    private readonly EntryQueue _collected;
    private readonly Collector _collector;
    private readonly TarStage _tar;
    private readonly CompressStage _compress;
    private readonly SealingStage _sealing;
    private readonly CancellationTokenSource _abort = new();
    private readonly Task _stages;
    private Exception? _failure;
    private DateTimeOffset _ended;
    private ArchiveSummary? _summary;
    private ArchiveSection _section;
    private int _busy;
    private bool _finished;

    private ArchiveWriter(
        Stream output, SessionKey key, ReadOnlyMemory<byte> envelope, ArchiveManifest manifest, ArchiveWriterOptions options)
    {
        _manifest = manifest with { EnvelopeSha256 = Convert.ToHexStringLower(SHA256.HashData(envelope.Span)) };
        _collected = new EntryQueue(options.CollectedEntries);
        _collector = new Collector(_collected, _tally);
        var tarPipe = new BlockPipe(options.TarBlocks, TarBlockSize);
        var compressedPipe = new BlockPipe(options.CompressedBlocks, CompressedBlockSize);
        _tar = new TarStage(tarPipe, _tally, options.SpoolFolder);
        _compress = new CompressStage(options.CompressionLevel, options.CompressionWorkers);
        _sealing = new SealingStage(output, key, _tally);
        _stages = Task.WhenAll(
            StartStage(WriteTarAsync),
            StartStage(token => _compress.RunAsync(tarPipe, compressedPipe, token)),
            StartStage(token => _sealing.RunAsync(envelope, compressedPipe, token)));
    }

    /// <summary>Starts an archive.</summary>
    /// <param name="output">Where sealed bytes go; written by one task at a time, flushed at the end, not closed.</param>
    /// <param name="key">Seals the archive; may be disposed as soon as this returns.</param>
    /// <param name="envelope">The packets that let passphrases and secret keys find <paramref name="key"/> (<see cref="Envelope"/>).</param>
    /// <param name="manifest">Becomes the first entry.</param>
    /// <param name="options">Sizes and level.</param>
    /// <exception cref="ArgumentException">An option out of range, or an empty envelope.</exception>
    /// <exception cref="IOException">The spool folder can't be written.</exception>
    public static ArchiveWriter Create(
        Stream output, SessionKey key, ReadOnlyMemory<byte> envelope, ArchiveManifest manifest, ArchiveWriterOptions options)
    {
        options.Validate();
        if (envelope.IsEmpty)
            throw new ArgumentException("Without an envelope nobody could open the archive.", nameof(envelope));
        return new ArchiveWriter(output, key, envelope, manifest, options);
    }

    /// <summary>Counters of this moment, from any thread.</summary>
    public ArchiveProgress Progress => _tally.Progress();

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
    public async Task<bool> AddTreeAsync(
        ArchiveSection section, string path, PathExcludes excludes, CancellationToken cancellationToken)
    {
        byte[] root = SourcePath.Parse(path);
        bool archived = false;
        await RunExclusiveAsync(
            section,
            // 5.1, off the caller's thread: its reading blocks
            token => Task.Run(
                async () => archived = await _collector.CollectAsync(section, root, excludes, token).ConfigureAwait(false), token),
            cancellationToken).ConfigureAwait(false);
        return archived;
    }

    /// <summary>
    /// Adds one regular file from a stream, as <c>section/name</c>. If the stream ends early the rest is zeros, with a
    /// warning; what comes after <paramref name="length"/> is not read. A stream that throws is a failure of the archive.
    /// </summary>
    /// <param name="section">Not before the section of the call before.</param>
    /// <param name="name">Relative to the section, such as <c>databases/app.dump</c>; no <c>.</c>, <c>..</c> or empty component.</param>
    /// <param name="content">Read to <paramref name="length"/> before this returns; not closed.</param>
    /// <param name="length">In bytes.</param>
    /// <param name="attributes">Owner, mode, time.</param>
    /// <param name="cancellationToken">Cancels the whole archive.</param>
    /// <exception cref="ArgumentException">A name that isn't relative and plain, or a negative length.</exception>
    /// <exception cref="InvalidOperationException">A section out of order, a call beside another, a writer that was finished.</exception>
    public async Task AddFileAsync(
        ArchiveSection section, string name, Stream content, long length, ArchiveFileAttributes attributes,
        CancellationToken cancellationToken)
    {
        byte[] relative = SourcePath.ParseRelative(name);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await RunExclusiveAsync(
            section,
            async token =>
            {
                CollectedEntry entry = await _collected.RentAsync(token).ConfigureAwait(false);
                entry.SetStream(section, relative, content, length, attributes, done);
                _collected.Post();
                _collected.Flush();
                await done.Task.WaitAsync(token).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds a warning to the summary. From any thread.</summary>
    public void Warn(ArchiveWarning warning) => _tally.Warn(warning);

    /// <summary>Writes SHA256SUMS and the summary, ends and flushes the stream.</summary>
    /// <param name="ended">The end time of the summary; its start is the manifest's.</param>
    /// <param name="cancellationToken">Cancels the whole archive.</param>
    /// <exception cref="InvalidOperationException">A call beside another, a writer that was finished.</exception>
    public async Task<ArchiveSummary> FinishAsync(DateTimeOffset ended, CancellationToken cancellationToken)
    {
        await RunExclusiveAsync(
            ArchiveSection.Audit,
            async _ =>
            {
                _ended = ended;
                _finished = true;
                _collected.Complete();
                await _stages.ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return _summary!;
    }

    public async ValueTask DisposeAsync()
    {
        await _abort.CancelAsync().ConfigureAwait(false);
        await _stages.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _collected.CloseDescriptors();
        _tar.Dispose();
        _compress.Dispose();
        _sealing.Dispose();
        _abort.Dispose();
    }

    /// <summary>Stage 5.2, with the entries that are Backstay's own around what is collected.</summary>
    private async Task WriteTarAsync(CancellationToken cancellationToken)
    {
        byte[] manifest = JsonSerializer.SerializeToUtf8Bytes(_manifest, ArchiveJson.Default.ArchiveManifest);
        FileTime started = FileTime.From(_manifest.Started);
        await _tar.WriteOwnFileAsync(OwnFiles.Manifest, manifest, started, listed: true, cancellationToken).ConfigureAwait(false);
        await _tar.WriteCollectedAsync(_collected, cancellationToken).ConfigureAwait(false);
        FileTime ended = FileTime.From(_ended);
        await _tar.WriteChecksumsAsync(ended, cancellationToken).ConfigureAwait(false);
        _summary = _tally.Summarize(_manifest, _ended);
        byte[] summary = JsonSerializer.SerializeToUtf8Bytes(_summary, ArchiveJson.Default.ArchiveSummary);
        await _tar.WriteOwnFileAsync(OwnFiles.Summary, summary, ended, listed: false, cancellationToken).ConfigureAwait(false);
        await _tar.CompleteAsync(cancellationToken).ConfigureAwait(false);
    }

    private Task StartStage(Func<CancellationToken, Task> run) => Task.Run(async () =>
    {
        try
        {
            await run(_abort.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(e).ConfigureAwait(false);
            throw;
        }
    });

    /// <summary>The first failure is the one that is told; it stops everything else.</summary>
    private async Task FailAsync(Exception failure)
    {
        Interlocked.CompareExchange(ref _failure, failure, null);
        await _abort.CancelAsync().ConfigureAwait(false);
    }

    private async Task RunExclusiveAsync(
        ArchiveSection section, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
            throw new InvalidOperationException("An archive is written by one call at a time; await the one before.");
        try
        {
            if (_finished)
                throw new InvalidOperationException("The archive is finished.");
            if (section < _section)
                throw new InvalidOperationException($"Sections are written in order; {section} comes before {_section}.");
            ThrowIfFailed();
            _section = section;
            await RunOrFailAsync(work, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private async Task RunOrFailAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            using CancellationTokenRegistration registration = cancellationToken.Register(() => _abort.Cancel());
            await work(_abort.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await FailAsync(e).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfFailed();
            throw;
        }
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }
}
