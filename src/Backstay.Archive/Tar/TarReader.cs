namespace Backstay.Archive;

/// <summary>Reads the tar stream of an archive, entry by entry. Knows what the writer writes and refuses anything else.</summary>
internal sealed class TarReader(BlockPipe input, ReadOptions options)
{
    private const int MaxPaxHeader = 2 * ExtendedAttributes.MaxTotal + 64 * 1024;
    private const int MaxSparseMap = 4 * 1024 * 1024;

    private readonly BlockReader _reader = new(input);
    private readonly byte[] _block = new byte[TarFormat.BlockSize];
    private byte[] _pax = [];
    private long _left;
    private int _padding;
    private long _expanded;

    public TarEntry Entry { get; } = new();

    public long EntryCount { get; private set; }

    /// <summary>Goes to the next entry; false at the end of the archive, which then is proven.</summary>
    public async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        while (!(await ReadDataAsync(cancellationToken).ConfigureAwait(false)).IsEmpty)
        {
            // skips what the caller did not want
        }
        Entry.Reset();
        await ReadBlockAsync(cancellationToken).ConfigureAwait(false);
        if (IsZero(_block))
        {
            await ReadEndAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
        var overrides = new PaxRecords.Overrides();
        if (CheckedType() == 'x')
        {
            int length = (int)Math.Min(Octal(124, 12), int.MaxValue);
            if (length > MaxPaxHeader)
                throw new ArchiveException(ArchiveFault.TooLarge, $"The archive has a pax header of {length} bytes; {MaxPaxHeader} are allowed.");
            int padded = length + TarFormat.Padding(length);
            if (_pax.Length < padded)
                _pax = new byte[padded];
            await FillAsync(_pax.AsMemory(0, padded), cancellationToken).ConfigureAwait(false);
            overrides = PaxRecords.Read(_pax.AsSpan(0, length), Entry);
            await ReadBlockAsync(cancellationToken).ConfigureAwait(false);
        }
        TakeHeader(overrides);
        if (overrides.IsSparse)
            await ReadSparseMapAsync(overrides.SparseSize, cancellationToken).ConfigureAwait(false);
        ArchiveName.Normalize(Entry);
        if (++EntryCount > options.MaxEntries)
            throw new ArchiveException(ArchiveFault.TooLarge, $"The archive has more than {options.MaxEntries} entries.");
        if (Entry.Size > options.MaxExpandedBytes - _expanded) // holes count, too: they take time to hash and room to restore
        {
            throw new ArchiveException(
                ArchiveFault.TooLarge, $"The archive expands to more than {options.MaxExpandedBytes} bytes; allow more if you trust its maker.");
        }
        _expanded += Entry.Size;
        return true;
    }

    /// <summary>The next stored bytes of the entry, valid until the next call; empty at its end.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadDataAsync(CancellationToken cancellationToken)
    {
        if (_left == 0)
        {
            for (; _padding > 0;)
                _padding -= (await PieceAsync(_padding, cancellationToken).ConfigureAwait(false)).Length;
            return default;
        }
        ReadOnlyMemory<byte> piece = await PieceAsync(_left, cancellationToken).ConfigureAwait(false);
        _left -= piece.Length;
        return piece;
    }

    private async ValueTask ReadEndAsync(CancellationToken cancellationToken)
    {
        await ReadBlockAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> rest = _block;
        for (; !rest.IsEmpty; rest = await _reader.ReadPieceAsync(long.MaxValue, cancellationToken).ConfigureAwait(false))
        {
            if (!IsZero(rest.Span))
                throw OpeningStage.Damaged("something follows the end of its tar.");
        }
    }

    private void TakeHeader(in PaxRecords.Overrides overrides)
    {
        Entry.Kind = CheckedType() switch
        {
            '0' => ArchiveEntryKind.File,
            '1' => ArchiveEntryKind.HardLink,
            '2' => ArchiveEntryKind.SymbolicLink,
            '3' => ArchiveEntryKind.CharacterDevice,
            '4' => ArchiveEntryKind.BlockDevice,
            '5' => ArchiveEntryKind.Directory,
            '6' => ArchiveEntryKind.NamedPipe,
            var other => throw OpeningStage.Damaged($"a tar entry of type '{DisplayName.Of([(byte)other])}', which archives don't have."),
        };
        if (!overrides.HasPath)
        {
            ReadOnlySpan<byte> prefix = Text(345, 155);
            Entry.Name.Append(prefix);
            if (!prefix.IsEmpty)
                Entry.Name.Append((byte)'/');
            Entry.Name.Append(Text(0, 100));
        }
        bool isLink = Entry.Kind is ArchiveEntryKind.HardLink or ArchiveEntryKind.SymbolicLink;
        if (!overrides.HasLinkPath)
            Entry.LinkTarget.Append(Text(157, 100));
        if (isLink == (Entry.LinkTarget.Length == 0))
            throw OpeningStage.Damaged("a link without a target, or a target without a link.");
        if (!overrides.HasUserName)
            Entry.UserName.Append(Text(265, 32));
        if (!overrides.HasGroupName)
            Entry.GroupName.Append(Text(297, 32));
        Entry.Permissions = (int)(Octal(100, 8) & 0xfff);
        Entry.Uid = overrides.Uid ?? (uint)Octal(108, 8);
        Entry.Gid = overrides.Gid ?? (uint)Octal(116, 8);
        Entry.Modified = overrides.Modified ?? new FileTime(Octal(136, 12), 0);
        Entry.DeviceMajor = (uint)Octal(329, 8);
        Entry.DeviceMinor = (uint)Octal(337, 8);
        Entry.Size = Entry.StoredSize = overrides.Size ?? Octal(124, 12);
        if (Entry.StoredSize > 0 && Entry.Kind != ArchiveEntryKind.File)
            throw OpeningStage.Damaged("an entry with content that isn't a file.");
        _left = Entry.StoredSize;
        _padding = TarFormat.Padding(_left);
    }

    private async ValueTask ReadSparseMapAsync(long? realSize, CancellationToken cancellationToken)
    {
        if (Entry.Kind != ArchiveEntryKind.File || realSize is null)
            throw OpeningStage.Damaged("a sparse entry that isn't a file or has no size.");
        var lines = new SparseMapParser(realSize.Value);
        int read = 0;
        while (!lines.IsComplete)
        {
            if ((read += TarFormat.BlockSize) > MaxSparseMap || _left < TarFormat.BlockSize)
                throw OpeningStage.Damaged("a map of a sparse file that doesn't end.");
            await ReadBlockAsync(cancellationToken).ConfigureAwait(false);
            _left -= TarFormat.BlockSize;
            lines.Take(_block);
        }
        if (lines.DataSize != _left)
            throw OpeningStage.Damaged("a sparse file whose map and size differ.");
        Entry.Runs = lines.Runs;
        Entry.StoredSize = _left;
        Entry.Size = realSize.Value;
    }

    /// <summary>The type of the header in the block, after its checksum and magic were found right.</summary>
    private char CheckedType()
    {
        int sum = 8 * ' ';
        for (int i = 0; i < _block.Length; i++)
            sum += i is >= 148 and < 156 ? 0 : _block[i];
        if (sum != Octal(148, 8) || !_block.AsSpan(257, 8).SequenceEqual("ustar\u000000"u8))
            throw OpeningStage.Damaged("a tar header isn't one.");
        return (char)_block[156];
    }

    private ReadOnlySpan<byte> Text(int offset, int length)
    {
        ReadOnlySpan<byte> field = _block.AsSpan(offset, length);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private long Octal(int offset, int length)
    {
        ReadOnlySpan<byte> digits = _block.AsSpan(offset, length).TrimEnd((byte)' ').TrimEnd((byte)0);
        long value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                throw OpeningStage.Damaged("a tar header has a number that isn't one.");
            value = (value << 3) | (uint)(digit - '0');
        }
        return value;
    }

    private ValueTask ReadBlockAsync(CancellationToken cancellationToken) => FillAsync(_block, cancellationToken);

    private async ValueTask FillAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!await _reader.FillAsync(buffer, cancellationToken).ConfigureAwait(false))
            throw OpeningStage.Damaged("its tar ends early.");
    }

    private async ValueTask<ReadOnlyMemory<byte>> PieceAsync(long max, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> piece = await _reader.ReadPieceAsync(max, cancellationToken).ConfigureAwait(false);
        return piece.IsEmpty ? throw OpeningStage.Damaged("its tar ends early.") : piece;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);
}
