using System.Buffers.Text;

namespace Backstay.Archive;

/// <summary>Reads the records of a pax header into an entry. Anything that isn't exactly as archives have it is refused.</summary>
internal static class PaxRecords
{
    private const int SparseMajor = 1;

    /// <summary>What a pax header says that takes effect only together with the ustar block after it.</summary>
    public struct Overrides
    {
        public bool HasPath, HasLinkPath, HasUserName, HasGroupName;
        public long? Size, SparseSize;
        public uint? Uid, Gid;
        public FileTime? Modified;
        public bool IsSparse;
    }

    public static Overrides Read(ReadOnlySpan<byte> records, TarEntry entry)
    {
        var overrides = new Overrides();
        while (!records.IsEmpty)
        {
            if (!Utf8Parser.TryParse(records, out int length, out int digits) || length <= digits + 1 || length > records.Length
                || records[digits] != ' ' || records[length - 1] != '\n')
                throw Bad("a record without its right length");
            ReadOnlySpan<byte> record = records[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw Bad("a record without a keyword");
            Apply(record[..equals], record[(equals + 1)..], entry, ref overrides);
            records = records[length..];
        }
        return overrides;
    }

    private static void Apply(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, TarEntry entry, ref Overrides overrides)
    {
        if (key.SequenceEqual("path"u8) || key.SequenceEqual("GNU.sparse.name"u8))
        {
            overrides.HasPath = true;
            entry.Name.Clear();
            entry.Name.Append(value);
        }
        else if (key.SequenceEqual("linkpath"u8))
        {
            overrides.HasLinkPath = true;
            entry.LinkTarget.Clear();
            entry.LinkTarget.Append(value);
        }
        else if (key.SequenceEqual("uname"u8))
        {
            overrides.HasUserName = true;
            entry.UserName.Append(value);
        }
        else if (key.SequenceEqual("gname"u8))
        {
            overrides.HasGroupName = true;
            entry.GroupName.Append(value);
        }
        else if (key.SequenceEqual("size"u8))
        {
            overrides.Size = Number(value);
        }
        else if (key.SequenceEqual("uid"u8))
        {
            overrides.Uid = checked((uint)Math.Min(Number(value), uint.MaxValue));
        }
        else if (key.SequenceEqual("gid"u8))
        {
            overrides.Gid = checked((uint)Math.Min(Number(value), uint.MaxValue));
        }
        else if (key.SequenceEqual("mtime"u8))
        {
            overrides.Modified = Time(value);
        }
        else if (key.SequenceEqual("GNU.sparse.major"u8))
        {
            overrides.IsSparse = Number(value) == SparseMajor ? true : throw Bad("sparse data of another version");
        }
        else if (key.SequenceEqual("GNU.sparse.realsize"u8))
        {
            overrides.SparseSize = Number(value);
        }
        else if (key.SequenceEqual("comment"u8) && value.StartsWith(TarFormat.LinkCountComment))
        {
            entry.LinkCount = (uint)Math.Min(Number(value[TarFormat.LinkCountComment.Length..]), uint.MaxValue);
        }
        else if (key.StartsWith(TarFormat.AttributePrefix))
        {
            entry.Attributes.Add(new ExtendedAttribute(Decode(key[TarFormat.AttributePrefix.Length..]), value.ToArray()));
        }
        // anything else (SCHILY.acl.*, which repeats an attribute; atime) has no meaning here
    }

    private static long Number(ReadOnlySpan<byte> value)
        => Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length && number >= 0
            ? number
            : throw Bad("a number that isn't one");

    /// <summary>Decimal seconds with an optional fraction, also negative.</summary>
    private static FileTime Time(ReadOnlySpan<byte> value)
    {
        bool negative = value.StartsWith("-"u8);
        ReadOnlySpan<byte> digits = negative ? value[1..] : value;
        if (!Utf8Parser.TryParse(digits, out long seconds, out int used) || seconds < 0)
            throw Bad("a time that isn't one");
        int nanoseconds = 0;
        if (used < digits.Length)
        {
            ReadOnlySpan<byte> fraction = digits[(used + 1)..];
            if (digits[used] != '.' || fraction.Length is 0 or > 18 || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
                throw Bad("a time that isn't one");
            for (int i = 0, unit = 100_000_000; unit > 0 && i < fraction.Length; i++, unit /= 10)
                nanoseconds += (fraction[i] - '0') * unit;
        }
        if (!negative)
            return new FileTime(seconds, nanoseconds);
        return nanoseconds == 0 ? new FileTime(-seconds, 0) : new FileTime(-seconds - 1, 1_000_000_000 - nanoseconds);
    }

    /// <summary>The name of an attribute: %3D is '=', %25 is '%'.</summary>
    private static byte[] Decode(ReadOnlySpan<byte> name)
    {
        if (name.IndexOf((byte)'%') < 0)
            return name.ToArray();
        var decoded = new ByteBuffer(name.Length);
        while (!name.IsEmpty)
        {
            bool equals = name.StartsWith("%3D"u8), percent = name.StartsWith("%25"u8);
            decoded.Append(equals ? (byte)'=' : name[0]); // "%25" begins with what it stands for
            name = name[(equals || percent ? 3 : 1)..];
        }
        return decoded.Span.ToArray();
    }

    private static ArchiveException Bad(string what) => OpeningStage.Damaged($"a pax header has {what}.");
}
