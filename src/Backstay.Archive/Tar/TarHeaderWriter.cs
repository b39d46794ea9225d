namespace Backstay.Archive;

/// <summary>
/// Makes tar headers: a ustar block, with a pax header in front for what doesn't fit into it. Names and attribute values are
/// bytes and go in as they are. One instance for an archive; its buffers are used again.
/// </summary>
internal sealed class TarHeaderWriter
{
    private const int NameField = 100;
    private const int PrefixField = 155;
    private const int OwnerNameField = 31; // 32 with the zero

    private readonly ByteBuffer _header = new(4096);
    private readonly ByteBuffer _pax = new(1024);
    private readonly ByteBuffer _name = new(512);

    /// <summary>The header's blocks, valid until the next call.</summary>
    public ReadOnlyMemory<byte> Write(in TarHead head)
    {
        _name.Clear();
        _name.Append(head.Name);
        if (head.Kind == ArchiveEntryKind.Directory)
            _name.Append((byte)'/');

        CollectPaxRecords(head);
        _header.Clear();
        if (_pax.Length > 0)
        {
            WriteBlock("././@PaxHeader"u8, [], (byte)'x', _pax.Length, default);
            _header.Append(_pax.Span);
            _header.AppendZeros(TarFormat.Padding(_pax.Length));
        }
        if (head.SparseSize >= 0)
        {
            Span<byte> placeholder = stackalloc byte[NameField];
            WriteBlock(SparsePlaceholder(head.Name, placeholder), [], (byte)'0', head.StoredSize, head);
        }
        else
        {
            ReadOnlySpan<byte> name = _name.Span;
            int split = SplitForUstar(name);
            ReadOnlySpan<byte> field = split >= 0 ? name[(split == 0 ? 0 : split + 1)..] : name[..NameField];
            ReadOnlySpan<byte> prefix = split > 0 ? name[..split] : [];
            WriteBlock(field, prefix, TarFormat.TypeFlag(head.Kind), head.StoredSize, head);
        }
        return _header.Memory;
    }

    private void CollectPaxRecords(in TarHead head)
    {
        _pax.Clear();
        if (head.SparseSize >= 0)
        {
            AddRecord("GNU.sparse.major"u8, "1"u8);
            AddRecord("GNU.sparse.minor"u8, "0"u8);
            AddRecord("GNU.sparse.name"u8, head.Name);
            AddNumber("GNU.sparse.realsize"u8, head.SparseSize);
        }
        else if (SplitForUstar(_name.Span) < 0)
        {
            AddRecord("path"u8, _name.Span);
        }
        if (head.LinkTarget.Length > NameField)
            AddRecord("linkpath"u8, head.LinkTarget);
        if (head.StoredSize > TarFormat.MaxOctal11)
            AddNumber("size"u8, head.StoredSize);
        if (head.Uid > TarFormat.MaxOctal7)
            AddNumber("uid"u8, head.Uid);
        if (head.Gid > TarFormat.MaxOctal7)
            AddNumber("gid"u8, head.Gid);
        if (head.UserName.Length > OwnerNameField)
            AddRecord("uname"u8, head.UserName);
        if (head.GroupName.Length > OwnerNameField)
            AddRecord("gname"u8, head.GroupName);
        if (head.Modified.Nanoseconds != 0 || head.Modified.Seconds is < 0 or > TarFormat.MaxOctal11)
            AddTime("mtime"u8, head.Modified);
        if (head.LinkCount > 1)
            AddLinkCount(head.LinkCount);
        if (head.Attributes is { Count: > 0 } attributes)
            AddAttributes(attributes);
    }

    private void AddAttributes(IReadOnlyList<ExtendedAttribute> attributes)
    {
        var key = new ByteBuffer(64);
        foreach (ExtendedAttribute attribute in attributes)
        {
            // GNU tar --acls wants access lists as text; it writes, and so do we, the binary attribute beside it
            if (PosixAcl.KeywordFor(attribute.Name) is { Length: > 0 } keyword && PosixAcl.ToText(attribute.Value) is { } text)
                AddRecord(keyword, text);
            key.Clear();
            key.Append(TarFormat.AttributePrefix);
            foreach (byte b in attribute.Name)
            {
                if (b == '=')
                    key.Append("%3D"u8);
                else if (b == '%')
                    key.Append("%25"u8);
                else
                    key.Append(b);
            }
            AddRecord(key.Span, attribute.Value);
        }
    }

    private void AddLinkCount(uint count)
    {
        Span<byte> value = stackalloc byte[40];
        TarFormat.LinkCountComment.CopyTo(value);
        int length = TarFormat.LinkCountComment.Length;
        System.Buffers.Text.Utf8Formatter.TryFormat(count, value[length..], out int digits);
        AddRecord("comment"u8, value[..(length + digits)]);
    }

    private void AddNumber(ReadOnlySpan<byte> key, long value)
    {
        Span<byte> digits = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(value, digits, out int length);
        AddRecord(key, digits[..length]);
    }

    /// <summary>Decimal seconds. A time before 1970 is a negative decimal: -1 s + 250,000,000 ns is <c>-0.75</c>.</summary>
    private void AddTime(ReadOnlySpan<byte> key, FileTime time)
    {
        bool negative = time.Seconds < 0 && time.Nanoseconds > 0;
        long seconds = negative ? time.Seconds + 1 : time.Seconds;
        int nanoseconds = negative ? 1_000_000_000 - time.Nanoseconds : time.Nanoseconds;
        Span<byte> text = stackalloc byte[40];
        int length = 0;
        if (negative && seconds == 0)
            text[length++] = (byte)'-';
        System.Buffers.Text.Utf8Formatter.TryFormat(seconds, text[length..], out int digits);
        length += digits;
        if (nanoseconds > 0)
        {
            text[length++] = (byte)'.';
            System.Buffers.Text.Utf8Formatter.TryFormat(nanoseconds, text[length..], out int fraction, new('D', 9));
            length += fraction;
        }
        AddRecord(key, text[..length]);
    }

    /// <summary>"length key=value\n", where the length counts itself.</summary>
    private void AddRecord(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        int rest = key.Length + value.Length + 3;
        int length = rest + Digits(rest);
        if (Digits(length) > Digits(rest))
            length = rest + Digits(length);
        _pax.Append(length);
        _pax.Append((byte)' ');
        _pax.Append(key);
        _pax.Append((byte)'=');
        _pax.Append(value);
        _pax.Append((byte)'\n');
    }

    private static int Digits(int value)
    {
        int digits = 1;
        for (; value >= 10; value /= 10)
            digits++;
        return digits;
    }

    /// <summary>
    /// Where a name is cut into ustar's prefix and name: 0 if it needs no prefix, the place of a slash, or -1 if it doesn't fit.
    /// </summary>
    private static int SplitForUstar(ReadOnlySpan<byte> name)
    {
        if (name.Length <= NameField)
            return 0;
        if (name.Length > PrefixField + 1 + NameField)
            return -1;
        // the last byte may be the slash of a directory, which isn't a place to cut
        int slash = name[..Math.Min(PrefixField + 1, name.Length - 1)].LastIndexOf((byte)'/');
        return slash > 0 && name.Length - slash - 1 <= NameField ? slash : -1;
    }

    /// <summary>What a tar without GNU.sparse would call the stored form.</summary>
    private static ReadOnlySpan<byte> SparsePlaceholder(ReadOnlySpan<byte> name, Span<byte> placeholder)
    {
        ReadOnlySpan<byte> leaf = name[(name.LastIndexOf((byte)'/') + 1)..];
        ReadOnlySpan<byte> prefix = TarFormat.SparseNamePrefix;
        prefix.CopyTo(placeholder);
        int length = Math.Min(leaf.Length, NameField - prefix.Length);
        leaf[..length].CopyTo(placeholder[prefix.Length..]);
        return placeholder[..(prefix.Length + length)];
    }

    private void WriteBlock(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix, byte type, long size, in TarHead head)
    {
        Span<byte> block = _header.AppendZeros(TarFormat.BlockSize);
        name.CopyTo(block);
        Octal(block.Slice(100, 8), type == 'x' ? 0x1a4 : head.Permissions);
        Octal(block.Slice(108, 8), Math.Min(head.Uid, TarFormat.MaxOctal7));
        Octal(block.Slice(116, 8), Math.Min(head.Gid, TarFormat.MaxOctal7));
        Octal(block.Slice(124, 12), Math.Min(size, TarFormat.MaxOctal11));
        Octal(block.Slice(136, 12), Math.Clamp(head.Modified.Seconds, 0, TarFormat.MaxOctal11));
        block.Slice(148, 8).Fill((byte)' ');
        block[156] = type;
        head.LinkTarget[..Math.Min(head.LinkTarget.Length, NameField)].CopyTo(block[157..]);
        "ustar\u000000"u8.CopyTo(block[257..]);
        head.UserName[..Math.Min(head.UserName.Length, OwnerNameField)].CopyTo(block[265..]);
        head.GroupName[..Math.Min(head.GroupName.Length, OwnerNameField)].CopyTo(block[297..]);
        Octal(block.Slice(329, 8), head.DeviceMajor);
        Octal(block.Slice(337, 8), head.DeviceMinor);
        prefix.CopyTo(block[345..]);
        int sum = 0;
        foreach (byte b in block)
            sum += b;
        Octal(block.Slice(148, 7), sum);
        block[155] = (byte)' ';
    }

    /// <summary>Octal digits that fill a field but for the zero at its end.</summary>
    private static void Octal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--, value >>= 3)
            field[i] = (byte)('0' + (value & 7));
        field[^1] = 0;
    }
}
