using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// 32 bytes for everything that an entry says, name and owner as well as content. The first pass over an archive keeps them, and
/// what the second pass puts in place has to be the same: it is proven before the archive's end comes by again.
/// </summary>
internal sealed class EntryDigest
{
    public const int Length = 32;

    private readonly ByteBuffer _text = new(1024);
    private readonly byte[] _digest = new byte[Length];

    /// <summary>Valid until the next call.</summary>
    /// <param name="entry">Read to its end.</param>
    /// <param name="content">SHA-256 of a file; empty for anything else.</param>
    public ReadOnlySpan<byte> Of(TarEntry entry, ReadOnlySpan<byte> content)
    {
        _text.Clear();
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
        foreach (ExtendedAttribute attribute in entry.Attributes)
        {
            Add(attribute.Name);
            Add(attribute.Value);
        }
        Add(content);
        SHA256.HashData(_text.Span, _digest);
        return _digest;
    }

    private void Add(long value) => BinaryPrimitives.WriteInt64LittleEndian(_text.AppendZeros(sizeof(long)), value);

    /// <summary>With its length in front, so that no two entries make the same text.</summary>
    private void Add(ReadOnlySpan<byte> bytes)
    {
        Add(bytes.Length);
        _text.Append(bytes);
    }
}
