using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// Everything that an entry says, name and owner as well as content, as bytes, and their SHA-256. The pass that proves an archive keeps
/// the digest: what a second pass puts in place has to have it, and is so proven before the archive's end comes by again. Where there
/// is no second pass, the bytes are kept, and say what to do with the files that were made ready.
/// </summary>
internal sealed class EntryRecord
{
    public const int DigestLength = 32;

    private readonly ByteBuffer _bytes = new(1024);
    private readonly byte[] _digest = new byte[DigestLength];

    /// <summary>Of the entry that was written last.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    /// <summary>Of the entry that was written last; valid until the next.</summary>
    public ReadOnlySpan<byte> Digest => _digest;

    /// <summary>Writes down an entry.</summary>
    /// <param name="entry">Read to its end.</param>
    /// <param name="content">SHA-256 of a file; empty for anything else.</param>
    public void Write(TarEntry entry, ReadOnlySpan<byte> content)
    {
        _bytes.Clear();
        Add((long)entry.Kind);
        Add(entry.Name.Span);
        Add(entry.LinkTarget.Span);
        Add(entry.Size);
        Add(entry.Permissions);
        Add(entry.Uid);
        Add(entry.Gid);
        Add(entry.Modified.Seconds);
        Add(entry.Modified.Nanoseconds);
        Add(entry.DeviceMajor);
        Add(entry.DeviceMinor);
        Add(entry.LinkCount);
        Add(entry.Attributes.Count);
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            Add(attribute.Name);
            Add(attribute.Value);
        }
        Add(content);
        SHA256.HashData(_bytes.Span, _digest);
    }

    /// <summary>The entry that was written down, but for its content.</summary>
    public static void Read(ReadOnlySpan<byte> bytes, TarEntry entry)
    {
        var fields = new Fields(bytes);
        entry.Reset();
        entry.Kind = (ArchiveEntryKind)fields.Number();
        entry.Name.Append(fields.Bytes());
        entry.LinkTarget.Append(fields.Bytes());
        entry.Size = fields.Number();
        entry.Permissions = (int)fields.Number();
        entry.Uid = (uint)fields.Number();
        entry.Gid = (uint)fields.Number();
        entry.Modified = new FileTime(fields.Number(), (int)fields.Number());
        entry.DeviceMajor = (uint)fields.Number();
        entry.DeviceMinor = (uint)fields.Number();
        entry.LinkCount = (uint)fields.Number();
        for (long left = fields.Number(); left > 0; left--)
            entry.Attributes.Add(new ExtendedAttribute(fields.Bytes().ToArray(), fields.Bytes().ToArray()));
    }

    private void Add(long value) => BinaryPrimitives.WriteInt64LittleEndian(_bytes.AppendZeros(sizeof(long)), value);

    /// <summary>With its length in front, so that no two entries make the same bytes.</summary>
    private void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _bytes.Append(bytes);
    }

    private ref struct Fields(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _left = bytes;

        public long Number()
        {
            long value = BinaryPrimitives.ReadInt64LittleEndian(_left);
            _left = _left[sizeof(long)..];
            return value;
        }

        public ReadOnlySpan<byte> Bytes()
        {
            int length = (int)Number();
            ReadOnlySpan<byte> value = _left[..length];
            _left = _left[length..];
            return value;
        }
    }
}
