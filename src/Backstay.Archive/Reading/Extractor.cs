namespace Backstay.Archive;

/// <summary>
/// Puts entries into a folder. Every path is walked component by component from the target's descriptor, never following a
/// link, so that no name and no link of an archive leads out of it. Folders are private until what is in them is complete.
/// </summary>
internal sealed class Extractor : IEntrySink, IDisposable
{
    private const uint PrivateFolder = 0x1c0; // 0700

    private readonly ExtractOptions _options;
    private readonly bool _restoreOwner;
    private readonly DirectoryStack _directories;
    private readonly AttributeRestorer _attributes;
    private readonly ProblemList _problems = new();
    private int _file = -1;

    public Extractor(string target, ExtractOptions options)
    {
        _options = options;
        _restoreOwner = options.RestoreOwner ?? Libc.GetEUid() == 0;
        _attributes = new AttributeRestorer(_restoreOwner, _problems.Add);
        _directories = new DirectoryStack(TargetFolder.Open(target, PrivateFolder), PrivateFolder, _attributes);
    }

    public IReadOnlyList<ExtractionProblem> Problems => _problems.Listed;

    public long ProblemCount => _problems.Count;

    public bool HasWritten { get; private set; }

    /// <summary>Makes the entry; a file stays open for its content.</summary>
    public void Begin(TarEntry entry)
    {
        if (!IsWanted(entry))
            return;
        HasWritten = true;
        if (entry.Kind == ArchiveEntryKind.Directory)
        {
            _directories.Enter(entry);
            return;
        }
        int parent = _directories.OpenParent(entry.Name.Span);
        ReadOnlySpan<byte> name = _directories.Leaf(entry.Name.Span);
        switch (entry.Kind)
        {
            case ArchiveEntryKind.File:
                _file = CreateFile(parent, name, entry);
                break;
            case ArchiveEntryKind.SymbolicLink:
                CreateSymbolicLink(parent, name, entry);
                break;
            case ArchiveEntryKind.HardLink:
                CreateHardLink(parent, name, entry);
                break;
            default:
                CreateNode(parent, name, entry);
                break;
        }
    }

    /// <summary>Content of the file that was begun, at its place.</summary>
    public void Write(TarEntry entry, ReadOnlySpan<byte> content, long offset)
    {
        if (_file < 0)
            return;
        Errno error = LinuxFile.WriteAt(_file, content, offset);
        if (error != Errno.None)
            throw CannotWrite(entry.Name.Span, error);
    }

    /// <summary>Finishes the file that was begun.</summary>
    public void End(TarEntry entry, ReadOnlySpan<byte> digest)
    {
        if (_file < 0)
            return;
        if (entry.Runs is not null && Libc.FTruncate(_file, entry.Size) != 0) // a hole at the end
            throw CannotWrite(entry.Name.Span, Libc.LastError);
        _attributes.Restore(_file, EntryAttributes.Of(entry));
        CloseFile();
    }

    /// <summary>Gives the folders that are still open what their entries said.</summary>
    public void Complete() => _directories.LeaveAll();

    public void Dispose()
    {
        CloseFile();
        _directories.Dispose();
    }

    private bool IsWanted(TarEntry entry)
        => _options.Sections is null || entry.Section is not { } section || _options.Sections.Contains(section);

    private void CloseFile()
    {
        if (_file >= 0)
            _ = Libc.Close(_file);
        _file = -1;
    }

    private static unsafe int CreateFile(int parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        int flags = OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec;
        fixed (byte* path = name)
        {
            int fd = Libc.OpenAt(parent, path, flags, 0x180);
            if (fd < 0 && Libc.LastError == Errno.Exists && Libc.UnlinkAt(parent, path, 0) == 0) // archived twice: the later one counts
                fd = Libc.OpenAt(parent, path, flags, 0x180);
            return fd >= 0 ? fd : throw CannotWrite(entry.Name.Span, Libc.LastError);
        }
    }

    private void CreateSymbolicLink(int parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        Errno error = Make(parent, name, entry);
        if (error != Errno.None)
            throw CannotWrite(entry.Name.Span, error);
        _attributes.Restore(parent, name, EntryAttributes.Of(entry));
    }

    private unsafe void CreateHardLink(int parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        int targetParent = _directories.OpenExisting(entry.LinkTarget.Span);
        try
        {
            fixed (byte* path = name)
            fixed (byte* target = MachineFolder.LeafOf(entry.LinkTarget.Span))
            {
                int made = targetParent < 0 ? -1 : Libc.LinkAt(targetParent, target, parent, path, 0);
                if (made != 0 && targetParent >= 0 && Libc.LastError == Errno.Exists && Libc.UnlinkAt(parent, path, 0) == 0)
                    made = Libc.LinkAt(targetParent, target, parent, path, 0);
                if (made != 0)
                    throw CannotWrite(entry.Name.Span, Libc.LastError);
            }
        }
        finally
        {
            if (targetParent >= 0)
                _ = Libc.Close(targetParent);
        }
    }

    private void CreateNode(int parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        if (entry.Kind != ArchiveEntryKind.NamedPipe && !_options.AllowDevices)
        {
            _problems.Add(entry.Name.Span, "A device node; it is only made when devices are allowed.");
            return;
        }
        Errno error = Make(parent, name, entry);
        if (error != Errno.None)
        {
            _problems.Add(entry.Name.Span, $"It could not be made: {Libc.Describe(error)}.");
            return;
        }
        _attributes.Restore(parent, name, EntryAttributes.Of(entry));
    }

    private static unsafe Errno Make(int parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        Errno error = LinuxNode.Make(parent, name, entry);
        if (error != Errno.Exists)
            return error;
        fixed (byte* path = name) // archived twice: the later one counts
            return Libc.UnlinkAt(parent, path, 0) == 0 ? LinuxNode.Make(parent, name, entry) : Errno.Exists;
    }

    internal static ArchiveException CannotWrite(ReadOnlySpan<byte> name, Errno error) => error is Errno.Loop or Errno.NotDirectory
        ? new(ArchiveFault.HostilePath, $"The archive is refused: '{DisplayName.Of(name)}' leads through something that isn't a folder.")
        : new(ArchiveFault.Target, $"'{DisplayName.Of(name)}' could not be written: {Libc.Describe(error)}.");
}
