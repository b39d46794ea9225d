using System.Buffers.Binary;

namespace Backstay.Archive;

/// <summary>
/// Access lists as GNU tar stores them: <c>SCHILY.acl.access</c> and <c>SCHILY.acl.default</c>, text with numeric ids. The
/// kernel's form (linux/posix_acl_xattr.h) is a version and entries of tag, permissions and id, all little endian.
/// </summary>
internal static class PosixAcl
{
    private const int HeaderSize = 4;
    private const int EntrySize = 8;

    public static ReadOnlySpan<byte> KeywordFor(ReadOnlySpan<byte> attribute)
    {
        if (attribute.SequenceEqual("system.posix_acl_access"u8))
            return "SCHILY.acl.access"u8;
        return attribute.SequenceEqual("system.posix_acl_default"u8) ? "SCHILY.acl.default"u8 : default;
    }

    /// <summary>The list as text, or null if it isn't one this knows.</summary>
    public static byte[]? ToText(ReadOnlySpan<byte> value)
    {
        if (value.Length < HeaderSize || (value.Length - HeaderSize) % EntrySize != 0
            || BinaryPrimitives.ReadUInt32LittleEndian(value) != 2)
            return null;
        var text = new ByteBuffer(128);
        for (int at = HeaderSize; at < value.Length; at += EntrySize)
        {
            ReadOnlySpan<byte> entry = value.Slice(at, EntrySize);
            int tag = BinaryPrimitives.ReadUInt16LittleEndian(entry);
            int permissions = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
            ReadOnlySpan<byte> name = tag switch
            {
                0x01 or 0x02 => "user:"u8,
                0x04 or 0x08 => "group:"u8,
                0x10 => "mask:"u8,
                0x20 => "other:"u8,
                _ => default,
            };
            if (name.IsEmpty)
                return null;
            if (at > HeaderSize)
                text.Append((byte)',');
            text.Append(name);
            if (tag is 0x02 or 0x08)
                text.Append(BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]));
            text.Append((byte)':');
            text.Append((permissions & 4) != 0 ? (byte)'r' : (byte)'-');
            text.Append((permissions & 2) != 0 ? (byte)'w' : (byte)'-');
            text.Append((permissions & 1) != 0 ? (byte)'x' : (byte)'-');
        }
        return text.Span.ToArray();
    }
}
