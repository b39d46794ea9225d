using System.Security.Cryptography;
using System.Text.Json;

namespace Backstay.Archive;

/// <summary>
/// Proves an archive from its first entry to its last, and hands it to a sink on the way if there is one. As SHA256SUMS
/// comes at the end, the lines it must have are spooled while reading and compared byte by byte.
/// </summary>
internal sealed class ContentVerifier : IDisposable
{
    private const int MaxOwnFile = 8 * 1024 * 1024;
    private const long ProgressStep = 4 * 1024 * 1024;

    private readonly ReadingPipeline _pipeline;
    private readonly TarReader _tar;
    private readonly IEntrySink? _sink;
    private readonly IProgress<ReadProgress>? _progress;
    private readonly ChecksumList _found;
    private readonly LinkTargets<byte[]?> _links = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _digest = new byte[32];
    private readonly SectionSummary[] _counts =
        [.. Enumerable.Range(0, ArchiveSections.Count).Select(i => new SectionSummary((ArchiveSection)i, 0, 0, 0, 0, 0, 0))];
    private readonly byte[] _zeros = new byte[64 * 1024];
    private long _content;
    private long _reported;

    public ContentVerifier(ReadingPipeline pipeline, ReadOptions options, IEntrySink? sink, IProgress<ReadProgress>? progress)
    {
        _pipeline = pipeline;
        _tar = pipeline.Tar;
        _sink = sink;
        _progress = progress;
        _found = new ChecksumList(options.SpoolFolder);
    }

    public void Dispose()
    {
        _hash.Dispose();
        _found.Dispose();
    }

    public async Task<VerificationResult> RunAsync(CancellationToken cancellationToken)
    {
        // The manifest is first, and says whether the rest can be understood.
        await NextAsync(OwnFiles.Manifest, cancellationToken).ConfigureAwait(false);
        ArchiveManifest manifest = ParseManifest(await ReadOwnFileAsync(listed: true, cancellationToken).ConfigureAwait(false));
        _sink?.Open(manifest);

        // Everything that was collected.
        ArchiveSection? section = null;
        while (true)
        {
            if (!await _tar.NextAsync(cancellationToken).ConfigureAwait(false))
                throw OpeningStage.Damaged($"it ends without {DisplayName.Of(OwnFiles.Checksums)}.");
            if (_tar.Entry.Section is not { } next)
                break;
            if (next < section)
                throw OpeningStage.Damaged("its sections are out of order.");
            if (next != section)
                _links.Clear();
            section = next;
            await ReadEntryAsync(next, cancellationToken).ConfigureAwait(false);
        }

        // What it should have been, and the end.
        Expect(OwnFiles.Checksums);
        await CompareChecksumsAsync(cancellationToken).ConfigureAwait(false);
        await NextAsync(OwnFiles.Summary, cancellationToken).ConfigureAwait(false);
        ArchiveSummary summary = ParseSummary(await ReadOwnFileAsync(listed: false, cancellationToken).ConfigureAwait(false));
        if (await _tar.NextAsync(cancellationToken).ConfigureAwait(false))
            throw OpeningStage.Damaged("an entry follows its summary.");
        Report(force: true);
        return new VerificationResult(
            manifest, summary, _tar.EntryCount - 3, _found.Count - 1, _counts.Sum(count => count.Bytes), _pipeline.SealedBytes);
    }

    /// <summary>Hands entries that were proven before to the sink again, until it has all that it wants of them.</summary>
    /// <returns>False: the archive ended before.</returns>
    public async Task<bool> ReplayAsync(Func<bool> isSatisfied, CancellationToken cancellationToken)
    {
        ArchiveSection? section = null;
        while (!isSatisfied())
        {
            if (!await _tar.NextAsync(cancellationToken).ConfigureAwait(false))
                return false;
            if (_tar.Entry.Section is not { } next)
                continue;
            if (next != section)
                _links.Clear();
            section = next;
            await ReadEntryAsync(next, cancellationToken).ConfigureAwait(false);
        }
        return true;
    }

    private async ValueTask ReadEntryAsync(ArchiveSection section, CancellationToken cancellationToken)
    {
        TarEntry entry = _tar.Entry;
        _sink?.Begin(entry);
        switch (entry.Kind)
        {
            case ArchiveEntryKind.File:
                await ReadContentAsync(cancellationToken).ConfigureAwait(false);
                _found.Add(_digest, entry.Name.Span);
                if (entry.LinkCount > 1)
                    _links.Add(entry, [.. _digest]);
                break;
            case ArchiveEntryKind.HardLink:
                if (_links.Find(entry) is { } digest)
                    _found.Add(digest, entry.Name.Span);
                break;
            default:
                if (entry.LinkCount > 1)
                    _links.Add(entry, null);
                break;
        }
        _sink?.End(entry, entry.Kind == ArchiveEntryKind.File ? _digest : []);
        Count(section, entry);
        Report(force: false);
    }

    private void Count(ArchiveSection section, TarEntry entry)
    {
        SectionSummary count = _counts[(int)section];
        _counts[(int)section] = entry.Kind switch
        {
            ArchiveEntryKind.File => count with { Files = count.Files + 1, Bytes = count.Bytes + entry.Size },
            ArchiveEntryKind.Directory => count with { Directories = count.Directories + 1 },
            ArchiveEntryKind.SymbolicLink or ArchiveEntryKind.HardLink => count with { Links = count.Links + 1 },
            _ => count with { Others = count.Others + 1 },
        };
    }

    /// <summary>Reads a file's content to its end, holes of sparse files as the zeros they are.</summary>
    private async ValueTask ReadContentAsync(CancellationToken cancellationToken)
    {
        TarEntry entry = _tar.Entry;
        List<DataRun> runs = entry.Runs ?? [new DataRun(0, entry.Size)];
        int run = 0;
        long at = 0, inRun = 0;
        while (true)
        {
            ReadOnlyMemory<byte> piece = await _tar.ReadDataAsync(cancellationToken).ConfigureAwait(false);
            if (piece.IsEmpty)
                break;
            for (; !piece.IsEmpty;)
            {
                while (inRun == runs[run].Length)
                {
                    run++;
                    inRun = 0;
                }
                HashZeros(runs[run].Offset + inRun - at, cancellationToken);
                at = runs[run].Offset + inRun;
                int count = (int)Math.Min(piece.Length, runs[run].Length - inRun);
                _hash.AppendData(piece.Span[..count]);
                _sink?.Write(entry, piece.Span[..count], at);
                inRun += count;
                at += count;
                _content += count;
                piece = piece[count..];
            }
            Report(force: false);
        }
        HashZeros(entry.Size - at, cancellationToken);
        _hash.TryGetHashAndReset(_digest, out _);
    }

    private void HashZeros(long count, CancellationToken cancellationToken)
    {
        for (; count > 0; count -= Math.Min(count, _zeros.Length))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _hash.AppendData(_zeros, 0, (int)Math.Min(count, _zeros.Length));
        }
    }

    private async ValueTask NextAsync(byte[] name, CancellationToken cancellationToken)
    {
        if (!await _tar.NextAsync(cancellationToken).ConfigureAwait(false))
            throw OpeningStage.Damaged($"it ends without {DisplayName.Of(name)}.");
        Expect(name);
    }

    private void Expect(byte[] name)
    {
        if (_tar.Entry.Kind != ArchiveEntryKind.File || _tar.Entry.Runs is not null || !_tar.Entry.Name.Span.SequenceEqual(name))
            throw OpeningStage.Damaged($"it has '{DisplayName.Of(_tar.Entry.Name.Span)}' where {DisplayName.Of(name)} belongs.");
    }

    private async ValueTask<byte[]> ReadOwnFileAsync(bool listed, CancellationToken cancellationToken)
    {
        TarEntry entry = _tar.Entry;
        if (entry.Size > MaxOwnFile)
            throw new ArchiveException(ArchiveFault.TooLarge, $"{DisplayName.Of(entry.Name.Span)} has {entry.Size} bytes; {MaxOwnFile} are allowed.");
        _sink?.Begin(entry);
        byte[] content = new byte[entry.Size];
        int filled = 0;
        while (await _tar.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            piece.Span.CopyTo(content.AsSpan(filled));
            _sink?.Write(entry, piece.Span, filled);
            filled += piece.Length;
        }
        _sink?.End(entry, []);
        if (listed)
        {
            SHA256.HashData(content, _digest);
            _found.Add(_digest, entry.Name.Span);
        }
        return content;
    }

    /// <summary>The same names in the same order with the same digests make the same bytes.</summary>
    private async ValueTask CompareChecksumsAsync(CancellationToken cancellationToken)
    {
        TarEntry entry = _tar.Entry;
        _sink?.Begin(entry);
        _found.Rewind();
        bool same = entry.Size == _found.Length;
        byte[] expected = new byte[64 * 1024];
        long at = 0;
        while (await _tar.ReadDataAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } piece)
        {
            _sink?.Write(entry, piece.Span, at);
            at += piece.Length;
            for (ReadOnlyMemory<byte> left = piece; same && !left.IsEmpty;)
            {
                int count = _found.Read(expected.AsSpan(0, Math.Min(expected.Length, left.Length)));
                same = count > 0 && left.Span[..count].SequenceEqual(expected.AsSpan(0, count));
                left = left[count..];
            }
        }
        _sink?.End(entry, []);
        if (!same)
            throw OpeningStage.Damaged("the SHA-256 of its files are not those in backstay/SHA256SUMS.");
    }

    private ArchiveManifest ParseManifest(byte[] json)
    {
        ArchiveManifest manifest = Parse(json, ArchiveJson.Default.ArchiveManifest, "manifest");
        if (manifest.Format != ArchiveManifest.CurrentFormat)
        {
            throw new ArchiveException(
                ArchiveFault.UnsupportedFormat, $"The archive has format {manifest.Format}; this Backstay reads format {ArchiveManifest.CurrentFormat}. Use a newer one.");
        }
        if (manifest.EnvelopeSha256 != _pipeline.EnvelopeSha256)
            throw OpeningStage.Damaged("its envelope is not the one it was written with.");
        return manifest;
    }

    private ArchiveSummary ParseSummary(byte[] json)
    {
        ArchiveSummary summary = Parse(json, ArchiveJson.Default.ArchiveSummary, "summary");
        foreach (SectionSummary count in _counts)
        {
            SectionSummary told = summary.Sections.FirstOrDefault(section => section.Section == count.Section)
                ?? new SectionSummary(count.Section, 0, 0, 0, 0, 0, 0);
            if (told with { Warnings = 0 } != count)
                throw OpeningStage.Damaged($"its summary counts section {count.Section} otherwise than it is.");
        }
        return summary;
    }

    private static T Parse<T>(byte[] json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string what)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw OpeningStage.Damaged($"its {what} is empty.");
        }
        catch (JsonException e)
        {
            throw new ArchiveException(ArchiveFault.Damaged, $"The archive is damaged: its {what} can't be read.", e);
        }
    }

    private void Report(bool force)
    {
        if (_progress is null || (!force && _content - _reported < ProgressStep))
            return;
        _reported = _content;
        _progress.Report(new ReadProgress(_pipeline.SealedBytes, _content, _tar.EntryCount));
    }
}
