namespace Backstay.Archive;

/// <summary>What a tar entry says in front of its content.</summary>
internal readonly ref struct TarHead
{
    public required ArchiveEntryKind Kind { get; init; }

    /// <summary>Name in the archive, without a slash at its end.</summary>
    public required ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Target of a symbolic link as it is; of a hard link the name of an entry before.</summary>
    public ReadOnlySpan<byte> LinkTarget { get; init; }

    /// <summary>Bytes that follow the header, before padding.</summary>
    public long StoredSize { get; init; }

    /// <summary>For a sparse file its size with holes; -1 for any other.</summary>
    public long SparseSize { get; init; }

    /// <summary>For the first of several names: how many there are on the appliance. Otherwise 0.</summary>
    public uint LinkCount { get; init; }

    public required int Permissions { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public required FileTime Modified { get; init; }
    public ReadOnlySpan<byte> UserName { get; init; }
    public ReadOnlySpan<byte> GroupName { get; init; }
    public uint DeviceMajor { get; init; }
    public uint DeviceMinor { get; init; }
    public IReadOnlyList<ExtendedAttribute> Attributes { get; init; }
}

/// <summary>Numbers and keywords of the tar format, POSIX.1-2001 "pax Interchange Format" and GNU tar's additions.</summary>
internal static class TarFormat
{
    public const int BlockSize = 512;

    /// <summary>Largest number in an octal field of 11 digits: sizes and times.</summary>
    public const long MaxOctal11 = 0x1_ffff_ffff;

    /// <summary>Largest number in an octal field of 7 digits: ids and device numbers.</summary>
    public const uint MaxOctal7 = 0x1f_ffff;

    public static ReadOnlySpan<byte> AttributePrefix => "SCHILY.xattr."u8;

    /// <summary>A comment, which every reader ignores; ours learns from it that hard links to this entry may follow.</summary>
    public static ReadOnlySpan<byte> LinkCountComment => "backstay links "u8;

    public static ReadOnlySpan<byte> SparseNamePrefix => "GNUSparseFile.0/"u8;

    public static int Padding(long size) => (int)(-size & (BlockSize - 1));

    public static byte TypeFlag(ArchiveEntryKind kind) => kind switch
    {
        ArchiveEntryKind.File => (byte)'0',
        ArchiveEntryKind.HardLink => (byte)'1',
        ArchiveEntryKind.SymbolicLink => (byte)'2',
        ArchiveEntryKind.CharacterDevice => (byte)'3',
        ArchiveEntryKind.BlockDevice => (byte)'4',
        ArchiveEntryKind.Directory => (byte)'5',
        ArchiveEntryKind.NamedPipe => (byte)'6',
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of tar entry."),
    };
}
