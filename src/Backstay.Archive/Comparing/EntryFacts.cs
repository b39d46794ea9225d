using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>What a comparison remembers of an entry. A hard link has the facts of the file that it is a name of.</summary>
internal sealed record EntryFacts
{
    private const int FixedLength = 116;
    private const int MaxShownTarget = 1025; // one more than DisplayName shows, so that it says that there is more
    private const int MaxShownOwner = 256;

    public required ArchiveEntryKind Kind { get; init; }
    public required long Size { get; init; }
    public required int Permissions { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public required FileTime Modified { get; init; }

    /// <summary>Names that the file had on the appliance.</summary>
    public required uint Names { get; init; }

    /// <summary>Which entry of the archive has the content, counted from 0 on, those of <c>backstay/</c> as well.</summary>
    public required long At { get; init; }

    public required bool HasHoles { get; init; }

    /// <summary>SHA-256 of a file's content, of a link's target, of a device's number; zeros for anything else.</summary>
    public required byte[] Digest { get; init; }

    /// <summary>SHA-256 of the extended attributes; zeros without any.</summary>
    public required byte[] Attributes { get; init; }

    public required byte[] UserName { get; init; }
    public required byte[] GroupName { get; init; }

    /// <summary>Of a symbolic link, for people: its beginning.</summary>
    public required byte[] LinkTarget { get; init; }

    /// <param name="entry">Read to its end, and no hard link.</param>
    /// <param name="content">SHA-256 of a file's content.</param>
    /// <param name="at">See <see cref="At"/>.</param>
    public static EntryFacts Of(TarEntry entry, ReadOnlySpan<byte> content, long at) => new()
    {
        Kind = entry.Kind,
        Size = entry.Size,
        Permissions = entry.Permissions,
        Uid = entry.Uid,
        Gid = entry.Gid,
        Modified = entry.Modified,
        Names = Math.Max(entry.LinkCount, 1),
        At = at,
        HasHoles = entry.Runs is not null,
        Digest = DigestOf(entry, content),
        Attributes = DigestOf(entry.Attributes),
        UserName = Beginning(entry.UserName.Span, MaxShownOwner),
        GroupName = Beginning(entry.GroupName.Span, MaxShownOwner),
        LinkTarget = Beginning(entry.LinkTarget.Span, MaxShownTarget),
    };

    public void WriteTo(ByteBuffer buffer)
    {
        Span<byte> bytes = buffer.AppendZeros(FixedLength);
        bytes[0] = (byte)Kind;
        bytes[1] = HasHoles ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], (ushort)Permissions);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[4..], Uid);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], Gid);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], Names);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], Modified.Nanoseconds);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[20..], Modified.Seconds);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[28..], Size);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[36..], At);
        Digest.CopyTo(bytes[44..]);
        Attributes.CopyTo(bytes[76..]);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[108..], UserName.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[112..], GroupName.Length);
        buffer.Append(UserName);
        buffer.Append(GroupName);
        buffer.Append(LinkTarget);
    }

    public static EntryFacts Read(ReadOnlySpan<byte> bytes)
    {
        int user = BinaryPrimitives.ReadInt32LittleEndian(bytes[108..]);
        int group = BinaryPrimitives.ReadInt32LittleEndian(bytes[112..]);
        ReadOnlySpan<byte> rest = bytes[FixedLength..];
        return new EntryFacts
        {
            Kind = (ArchiveEntryKind)bytes[0],
            HasHoles = bytes[1] != 0,
            Permissions = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]),
            Uid = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
            Gid = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
            Names = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            Modified = new FileTime(BinaryPrimitives.ReadInt64LittleEndian(bytes[20..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[16..])),
            Size = BinaryPrimitives.ReadInt64LittleEndian(bytes[28..]),
            At = BinaryPrimitives.ReadInt64LittleEndian(bytes[36..]),
            Digest = bytes.Slice(44, 32).ToArray(),
            Attributes = bytes.Slice(76, 32).ToArray(),
            UserName = rest[..user].ToArray(),
            GroupName = rest.Slice(user, group).ToArray(),
            LinkTarget = rest[(user + group)..].ToArray(),
        };
    }

    /// <summary>In what another entry of the same name isn't this one.</summary>
    /// <param name="withTimes">Whether a time alone is a difference.</param>
    public EntryDifferences DifferencesTo(EntryFacts other, bool withTimes)
    {
        if (Kind != other.Kind)
            return EntryDifferences.Kind;
        EntryDifferences differences = EntryDifferences.None;
        if (Size != other.Size || !Digest.AsSpan().SequenceEqual(other.Digest))
            differences |= EntryDifferences.Content;
        if ((Uid, Gid) != (other.Uid, other.Gid))
            differences |= EntryDifferences.Owner;
        if (Permissions != other.Permissions && Kind != ArchiveEntryKind.SymbolicLink)
            differences |= EntryDifferences.Mode;
        if (!Attributes.AsSpan().SequenceEqual(other.Attributes))
            differences |= EntryDifferences.Attributes;
        if (Names != other.Names)
            differences |= EntryDifferences.Links;
        if (withTimes && Modified != other.Modified)
            differences |= EntryDifferences.Time;
        return differences;
    }

    private static byte[] DigestOf(TarEntry entry, ReadOnlySpan<byte> content)
    {
        switch (entry.Kind)
        {
            case ArchiveEntryKind.File:
                return content.ToArray();
            case ArchiveEntryKind.SymbolicLink:
                return SHA256.HashData(entry.LinkTarget.Span);
            case ArchiveEntryKind.CharacterDevice or ArchiveEntryKind.BlockDevice:
                Span<byte> number = stackalloc byte[2 * sizeof(uint)];
                BinaryPrimitives.WriteUInt32LittleEndian(number, entry.DeviceMajor);
                BinaryPrimitives.WriteUInt32LittleEndian(number[sizeof(uint)..], entry.DeviceMinor);
                return SHA256.HashData(number);
            default:
                return new byte[SHA256.HashSizeInBytes];
        }
    }

    /// <summary>The system lists attributes in any order.</summary>
    private static byte[] DigestOf(List<ExtendedAttribute> attributes)
    {
        if (attributes.Count == 0)
            return new byte[SHA256.HashSizeInBytes];
        var text = new ByteBuffer(1024);
        attributes.Sort((left, right) => left.Name.AsSpan().SequenceCompareTo(right.Name));
        foreach (ExtendedAttribute attribute in attributes)
        {
            foreach (byte[] bytes in (ReadOnlySpan<byte[]>)[attribute.Name, attribute.Value])
            {
                BinaryPrimitives.WriteInt32LittleEndian(text.AppendZeros(sizeof(int)), bytes.Length);
                text.Append(bytes);
            }
        }
        return SHA256.HashData(text.Span);
    }

    private static byte[] Beginning(ReadOnlySpan<byte> bytes, int most) => bytes[..Math.Min(bytes.Length, most)].ToArray();
}
