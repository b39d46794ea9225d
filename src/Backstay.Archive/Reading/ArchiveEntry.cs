namespace Backstay.Archive;

/// <summary>One entry of an archive.</summary>
public sealed record ArchiveEntry
{
    /// <summary>The name as it is stored, relative to the archive's root.</summary>
    public required ReadOnlyMemory<byte> NameBytes { get; init; }

    /// <summary>The name for people; bytes that aren't UTF-8 and control characters are shown as <c>\xHH</c>.</summary>
    public required string Name { get; init; }

    public required ArchiveEntryKind Kind { get; init; }

    /// <summary>Null for <c>backstay/…</c>.</summary>
    public required ArchiveSection? Section { get; init; }

    /// <summary>Bytes after restoring; 0 for anything but files.</summary>
    public required long Size { get; init; }

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public required int Mode { get; init; }

    public required uint Uid { get; init; }

    public required uint Gid { get; init; }

    public required string UserName { get; init; }

    public required string GroupName { get; init; }

    /// <summary>Modification time; an archive has nanoseconds, this has 100 ns.</summary>
    public required DateTimeOffset Modified { get; init; }

    /// <summary>Target of a symbolic or hard link, for people; null for anything else.</summary>
    public required string? LinkTarget { get; init; }
}

public enum ArchiveEntryKind
{
    File,
    Directory,
    SymbolicLink,
    HardLink,
    NamedPipe,
    CharacterDevice,
    BlockDevice,
}
