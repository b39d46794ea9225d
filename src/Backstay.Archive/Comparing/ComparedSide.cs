using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>One of two archives that are compared: what was noted down of it, on disk.</summary>
internal sealed class ComparedSide : IDisposable
{
    private readonly ComparedArchive _archive;
    private readonly CompareOptions _options;
    private readonly FileStream _texts;
    private readonly Dictionary<long, (long Offset, int Length)> _places = [];

    public ComparedSide(ComparedArchive archive, CompareOptions options)
    {
        _archive = archive;
        _options = options;
        Entries = new SortedSpool(options.SpoolFolder);
        _texts = new FileStream(LinuxFile.CreateUnnamed(options.SpoolFolder), FileAccess.ReadWrite);
    }

    public SortedSpool Entries { get; }

    public void Dispose()
    {
        Entries.Dispose();
        _texts.Dispose();
    }

    /// <summary>Proves the archive, and notes down its entries.</summary>
    public Task<VerificationResult> ReadAsync(CancellationToken cancellationToken) => NamedAsync(async pipeline =>
    {
        using var verifier = new ContentVerifier(pipeline, _options, new EntryRecorder(_options.Selection, Entries), _archive.Progress);
        VerificationResult verification = await verifier.RunAsync(cancellationToken).ConfigureAwait(false);
        Entries.Complete();
        return verification;
    }, cancellationToken);

    /// <summary>
    /// Reads the archive again, as far as the last of some files, and keeps their content: it has to be the one that was proven, so that
    /// the end need not come by.
    /// </summary>
    public async Task TakeTextsAsync(IEnumerable<EntryFacts> files, CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<long, EntryFacts>();
        foreach (EntryFacts file in files)
            wanted[file.At] = file; // one content may have several names
        if (wanted.Count == 0)
            return;
        byte[] content = new byte[DiffMaker.MaxSize];
        await NamedAsync(async pipeline =>
        {
            for (long at = 0; wanted.Count > 0; at++)
            {
                if (!await pipeline.Tar.NextAsync(cancellationToken).ConfigureAwait(false))
                    throw Changed();
                if (!wanted.Remove(at, out EntryFacts? file))
                    continue;
                int length = await ReadAsync(pipeline.Tar, content.AsMemory(0, (int)file.Size), cancellationToken).ConfigureAwait(false);
                if (!SHA256.HashData(content.AsSpan(0, length)).AsSpan().SequenceEqual(file.Digest))
                    throw Changed();
                _places[at] = (_texts.Position, length);
                _texts.Write(content.AsSpan(0, length));
            }
            return true;
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Content that was kept; null if it wasn't.</summary>
    public byte[]? TextOf(EntryFacts file)
    {
        if (!_places.TryGetValue(file.At, out (long Offset, int Length) place))
            return null;
        byte[] content = new byte[place.Length];
        _texts.Position = place.Offset;
        _texts.ReadExactly(content);
        return content;
    }

    private static async ValueTask<int> ReadAsync(TarReader tar, Memory<byte> to, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (await tar.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            if (piece.Length > to.Length - filled)
                throw Changed();
            piece.CopyTo(to[filled..]);
            filled += piece.Length;
        }
        return filled;
    }

    /// <summary>Reads from the first byte on; what goes wrong says with which of the two.</summary>
    private async Task<T> NamedAsync<T>(Func<ReadingPipeline, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            _archive.Content.Position = 0;
            await using var pipeline = new ReadingPipeline(_archive.Content, _archive.Unlock, _options, cancellationToken);
            return await read(pipeline).ConfigureAwait(false);
        }
        catch (ArchiveException e)
        {
            throw new ArchiveException(e.Fault, $"{_archive.Name}: {e.Message}", e);
        }
    }

    private static ArchiveException Changed()
        => new(ArchiveFault.Damaged, "The archive changed while it was compared: what is read now isn't what was proven. Compare again.");
}
