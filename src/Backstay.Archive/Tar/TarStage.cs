using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>The second stage: turns collected entries into a tar stream, and notes the SHA-256 of every file in it.</summary>
internal sealed class TarStage : IDisposable
{
    private readonly BlockWriter _output;
    private readonly ArchiveTally _tally;
    private readonly ChecksumList _checksums;
    private readonly TarHeaderWriter _headers = new();
    private readonly HardLinkTable _links = new();
    private readonly OwnerNames _owners = new();
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileContent _content;
    private readonly byte[] _digest = new byte[32];
    private ArchiveSection? _section;
    private bool _linksFullWarned;

    public TarStage(BlockPipe output, ArchiveTally tally, string spoolFolder)
    {
        _output = new BlockWriter(output);
        _tally = tally;
        _checksums = new ChecksumList(spoolFolder);
        _content = new FileContent(_output, _tally, _hash);
    }

    public void Dispose()
    {
        _hash.Dispose();
        _checksums.Dispose();
    }

    /// <summary>Writes one of <c>backstay/…</c>'s files; all but the last two are listed in SHA256SUMS.</summary>
    public async Task WriteOwnFileAsync(byte[] name, byte[] content, FileTime modified, bool listed, CancellationToken cancellationToken)
    {
        await WriteOwnHeaderAsync(name, content.Length, modified, cancellationToken).ConfigureAwait(false);
        await _output.WriteAsync(content, cancellationToken).ConfigureAwait(false);
        await PadAsync(content.Length, cancellationToken).ConfigureAwait(false);
        if (listed)
        {
            SHA256.HashData(content, _digest);
            _checksums.Add(_digest, name);
        }
    }

    /// <summary>Writes everything that is collected, until the queue is complete.</summary>
    public async Task WriteCollectedAsync(EntryQueue queue, CancellationToken cancellationToken)
    {
        await foreach (EntryBatch batch in queue.Filled.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                for (int i = 0; i < batch.Count; i++)
                    await WriteAndReleaseAsync(batch[i], cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                batch.CloseDescriptors(); // of those that were not written because one before failed
            }
            queue.Return(batch);
        }
    }

    /// <summary>Writes SHA256SUMS, from its spool.</summary>
    public async Task WriteChecksumsAsync(FileTime modified, CancellationToken cancellationToken)
    {
        _checksums.Rewind();
        long length = _checksums.Length;
        await WriteOwnHeaderAsync(OwnFiles.Checksums, length, modified, cancellationToken).ConfigureAwait(false);
        for (long left = length; left > 0;)
        {
            Memory<byte> room = await _output.GetMemoryAsync(cancellationToken).ConfigureAwait(false);
            int count = _checksums.Read(room.Span[..(int)Math.Min(room.Length, left)]);
            if (count == 0)
                throw new IOException("The temporary file of checksums was cut short.");
            _output.Advance(count);
            left -= count;
        }
        await PadAsync(length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Two blocks of zeros are the end of a tar; tar pads to 10 KiB, which we leave to devices that need it.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        await _output.WriteZerosAsync(2 * TarFormat.BlockSize, cancellationToken).ConfigureAwait(false);
        _output.Complete();
    }

    private async ValueTask WriteAndReleaseAsync(CollectedEntry entry, CancellationToken cancellationToken)
    {
        try
        {
            if (_section != entry.Section)
                _links.Clear();
            _section = entry.Section;
            _tally.Begin(entry.Section, entry.SourcePath);
            await WriteEntryAsync(entry, cancellationToken).ConfigureAwait(false);
            entry.StreamDone?.TrySetResult();
        }
        catch (Exception e)
        {
            entry.StreamDone?.TrySetException(e);
            throw;
        }
        finally
        {
            entry.CloseDescriptor();
        }
    }

    private async ValueTask WriteEntryAsync(CollectedEntry entry, CancellationToken cancellationToken)
    {
        bool severalNames = entry.Kind != ArchiveEntryKind.Directory && entry.Status.LinkCount > 1;
        if (severalNames && _links.Find(entry.Status) is { } target)
        {
            entry.Attributes.Clear(); // they are the file's, and came with its first name
            await _output.WriteAsync(Head(entry, ArchiveEntryKind.HardLink, target.Name, 0), cancellationToken).ConfigureAwait(false);
            if (target.Digest is not null)
                _checksums.Add(target.Digest, entry.Name.Span);
            _tally.Count(entry.Section, ArchiveEntryKind.HardLink);
            return;
        }
        bool remember = severalNames && HasRoomForLink(entry);
        if (entry.Kind != ArchiveEntryKind.File)
        {
            ReadOnlyMemory<byte> head = Head(entry, entry.Kind, entry.LinkTarget.Span, 0, remember);
            await _output.WriteAsync(head, cancellationToken).ConfigureAwait(false);
            if (remember)
                _links.Add(entry.Status, entry.Name.Span, digest: null);
            _tally.Count(entry.Section, entry.Kind);
            return;
        }

        long size, stored;
        if (entry.Stream is not null)
        {
            stored = size = entry.Status.Size;
            await _output.WriteAsync(Head(entry, ArchiveEntryKind.File, [], size), cancellationToken).ConfigureAwait(false);
            await _content.CopyStreamAsync(entry, _digest, cancellationToken).ConfigureAwait(false);
        }
        else if (entry.Fd < 0)
        {
            stored = size = entry.SmallLength;
            ReadOnlyMemory<byte> head = Head(entry, ArchiveEntryKind.File, [], size, remember);
            await _output.WriteAsync(head, cancellationToken).ConfigureAwait(false);
            SHA256.HashData(entry.Small.AsSpan(0, entry.SmallLength), _digest);
            await _output.WriteAsync(entry.Small.AsMemory(0, entry.SmallLength), cancellationToken).ConfigureAwait(false);
            _tally.CountBytes(entry.Section, size);
        }
        else
        {
            size = entry.Status.Size;
            SparseMap? map = SparseMap.Of(entry.Fd, entry.Status);
            stored = map is null ? size : map.Encoded.Length + map.DataSize;
            ReadOnlyMemory<byte> head = Head(entry, ArchiveEntryKind.File, [], stored, remember, map is null ? -1 : size);
            await _output.WriteAsync(head, cancellationToken).ConfigureAwait(false);
            await _content.CopyFileAsync(entry, map, _digest, cancellationToken).ConfigureAwait(false);
        }
        await PadAsync(stored, cancellationToken).ConfigureAwait(false);
        _checksums.Add(_digest, entry.Name.Span);
        if (remember)
            _links.Add(entry.Status, entry.Name.Span, [.. _digest]);
        _tally.Count(entry.Section, ArchiveEntryKind.File);
    }

    private bool HasRoomForLink(CollectedEntry entry)
    {
        if (_links.HasRoom)
            return true;
        if (!_linksFullWarned)
        {
            _tally.Warn(entry.Section, entry.SourcePath, WarningKind.Limit,
                $"More than {HardLinkTable.MaxFiles} files wait for a further hard link: from here on such files may be archived "
                + "once for each name, and restored as separate files.");
        }
        _linksFullWarned = true;
        return false;
    }

    private ReadOnlyMemory<byte> Head(
        CollectedEntry entry, ArchiveEntryKind kind, ReadOnlySpan<byte> linkTarget, long stored, bool remember = false,
        long sparseSize = -1)
        => _headers.Write(new TarHead
        {
            Kind = kind,
            Name = entry.Name.Span,
            LinkTarget = linkTarget,
            StoredSize = stored,
            SparseSize = sparseSize,
            LinkCount = remember ? entry.Status.LinkCount : 0,
            Permissions = entry.Status.Permissions,
            Uid = entry.Status.Uid,
            Gid = entry.Status.Gid,
            Modified = entry.Status.Modified,
            UserName = _owners.User(entry.Status.Uid),
            GroupName = _owners.Group(entry.Status.Gid),
            DeviceMajor = entry.Status.DeviceMajor,
            DeviceMinor = entry.Status.DeviceMinor,
            Attributes = entry.Attributes,
        });

    private ValueTask WriteOwnHeaderAsync(byte[] name, long size, FileTime modified, CancellationToken cancellationToken)
        => _output.WriteAsync(
            _headers.Write(new TarHead
            {
                Kind = ArchiveEntryKind.File,
                Name = name,
                StoredSize = size,
                SparseSize = -1,
                Permissions = OwnFiles.Mode,
                Uid = 0,
                Gid = 0,
                Modified = modified,
                Attributes = [],
            }),
            cancellationToken);

    private ValueTask PadAsync(long size, CancellationToken cancellationToken)
        => _output.WriteZerosAsync(TarFormat.Padding(size), cancellationToken);
}
