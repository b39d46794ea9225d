namespace Backstay.Archive;

/// <summary>
/// One entry on its way from collecting to tar. A fixed number of them goes round; each brings its buffers, so that small
/// files are read without an allocation.
/// </summary>
internal sealed class CollectedEntry
{
    /// <summary>Files up to this size are read while collecting; larger ones are opened there and read by the tar stage.</summary>
    public const int SmallFile = 64 * 1024;

    public ArchiveSection Section { get; set; }
    public ArchiveEntryKind Kind { get; set; }

    /// <summary>Name in the archive.</summary>
    public ByteBuffer Name { get; } = new(256);

    public ByteBuffer LinkTarget { get; } = new(256);
    public List<ExtendedAttribute> Attributes { get; } = [];
    public FileStatus Status { get; set; }

    /// <summary>Content of a small file; its length is the size that the archive will have.</summary>
    public byte[] Small { get; } = GC.AllocateUninitializedArray<byte>(SmallFile);

    public int SmallLength { get; set; }

    /// <summary>Descriptor of a large file, closed by the tar stage; or -1.</summary>
    public int Fd { get; set; } = -1;

    /// <summary>Content that isn't a file, of the length in <see cref="Status"/>; read by the tar stage.</summary>
    public Stream? Stream { get; set; }

    /// <summary>Set when the tar stage is done with <see cref="Stream"/>.</summary>
    public TaskCompletionSource? StreamDone { get; set; }

    /// <summary>Path on the appliance: the name without its section.</summary>
    public ReadOnlySpan<byte> SourcePath => Name.Span[Math.Min(ArchiveSections.Folder(Section).Length, Name.Length)..];

    public void Reset(ArchiveSection section, ReadOnlySpan<byte> path)
    {
        Section = section;
        Name.Clear();
        Name.Append(ArchiveSections.Folder(section));
        Name.Append(path);
        LinkTarget.Clear();
        Attributes.Clear();
        SmallLength = 0;
        Fd = -1;
        Stream = null;
        StreamDone = null;
    }

    public void CloseDescriptor()
    {
        if (Fd >= 0)
            _ = Libc.Close(Fd);
        Fd = -1;
    }

    /// <summary>Makes this an entry that isn't from a folder.</summary>
    public void SetStream(
        ArchiveSection section, ReadOnlySpan<byte> name, Stream content, long length, ArchiveFileAttributes attributes,
        TaskCompletionSource done)
    {
        Reset(section, [(byte)'/', .. name]);
        Kind = ArchiveEntryKind.File;
        Stream = content;
        StreamDone = done;
        FileTime modified = FileTime.From(attributes.Modified);
        Status = new FileStatus
        {
            Mode = (int)FileType.Regular | (attributes.Mode & 0xfff),
            LinkCount = 1,
            Uid = attributes.Uid,
            Gid = attributes.Gid,
            Inode = 0,
            FileSystem = 0,
            Size = length,
            Blocks = 0,
            Modified = modified,
            Changed = modified,
            DeviceMajor = 0,
            DeviceMinor = 0,
        };
    }
}
