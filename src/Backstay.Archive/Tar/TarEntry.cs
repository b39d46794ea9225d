namespace Backstay.Archive;

/// <summary>An entry as it was read. The reader has one and fills it again for each.</summary>
internal sealed class TarEntry
{
    public ArchiveEntryKind Kind { get; set; }

    /// <summary>Relative, plain, without a slash at its end: proven before anybody sees it.</summary>
    public ByteBuffer Name { get; } = new(256);

    public ByteBuffer LinkTarget { get; } = new(256);
    public int Permissions { get; set; }
    public uint Uid { get; set; }
    public uint Gid { get; set; }
    public ByteBuffer UserName { get; } = new(32);
    public ByteBuffer GroupName { get; } = new(32);
    public FileTime Modified { get; set; }
    public uint DeviceMajor { get; set; }
    public uint DeviceMinor { get; set; }

    /// <summary>Bytes that follow in the stream, without a sparse file's map.</summary>
    public long StoredSize { get; set; }

    /// <summary>Bytes after restoring.</summary>
    public long Size { get; set; }

    /// <summary>Where the stored bytes belong; null for a file without holes.</summary>
    public List<DataRun>? Runs { get; set; }

    /// <summary>How many names the file had on the appliance, if hard links to it may follow; otherwise 0.</summary>
    public uint LinkCount { get; set; }

    public List<ExtendedAttribute> Attributes { get; } = [];

    public ArchiveSection? Section => ArchiveSections.Of(Name.Span);

    public void Reset()
    {
        Kind = ArchiveEntryKind.File;
        Name.Clear();
        LinkTarget.Clear();
        UserName.Clear();
        GroupName.Clear();
        Permissions = 0;
        Uid = Gid = DeviceMajor = DeviceMinor = LinkCount = 0;
        Modified = default;
        StoredSize = Size = 0;
        Runs = null;
        Attributes.Clear();
    }

    public ArchiveEntry ToArchiveEntry() => new()
    {
        NameBytes = Name.Span.ToArray(),
        Name = DisplayName.Of(Name.Span),
        Kind = Kind,
        Section = Section,
        Size = Size,
        Mode = Permissions,
        Uid = Uid,
        Gid = Gid,
        UserName = DisplayName.Of(UserName.Span),
        GroupName = DisplayName.Of(GroupName.Span),
        Modified = Modified.ToDateTimeOffset(),
        LinkTarget = LinkTarget.Length == 0 ? null : DisplayName.Of(LinkTarget.Span),
    };
}
