namespace Backstay.Archive;

/// <summary>The first stage: walks trees, looks at every file, reads the small ones, and hands entries to the tar stage.</summary>
internal sealed class Collector(EntryQueue queue, ArchiveTally tally)
{
    private const long MaxNameLength = 32 * 1024;
    private readonly List<string> _parents = [];
    private ArchiveSection? _parentsOf;

    /// <summary>Archives a tree; false if its root could not be.</summary>
    public async Task<bool> CollectAsync(
        ArchiveSection section, byte[] root, PathExcludes excludes, CancellationToken cancellationToken)
    {
        using var walker = new TreeWalker(root, excludes);
        bool first = true, found = false;
        while (walker.MoveNext())
        {
            if (first && walker.Step != WalkStep.Problem)
                await CollectParentsAsync(section, root, cancellationToken).ConfigureAwait(false);
            CollectedEntry entry = await queue.RentAsync(cancellationToken).ConfigureAwait(false);
            bool archived = Look(walker, section, entry);
            if (archived)
                queue.Post();
            found |= first && archived;
            first = false;
        }
        queue.Flush();
        return found;
    }

    /// <summary>
    /// The folders above a root, themselves, so that restoring makes them with their own owner and mode. Those that the root
    /// before had as well are in the archive already.
    /// </summary>
    private async Task CollectParentsAsync(ArchiveSection section, byte[] root, CancellationToken cancellationToken)
    {
        if (_parentsOf != section)
            _parents.Clear();
        _parentsOf = section;
        var parents = new List<string>();
        for (int slash = 1; slash < root.Length; slash++)
        {
            if (root[slash] != '/')
                continue;
            string parent = System.Text.Encoding.UTF8.GetString(root, 0, slash);
            parents.Add(parent);
            if (_parents.Contains(parent))
                continue;
            CollectedEntry entry = await queue.RentAsync(cancellationToken).ConfigureAwait(false);
            if (LookAtParent(section, root.AsSpan(0, slash), entry))
                queue.Post();
        }
        _parents.Clear();
        _parents.AddRange(parents);
    }

    private bool LookAtParent(ArchiveSection section, ReadOnlySpan<byte> path, CollectedEntry entry)
    {
        entry.Reset(section, path);
        Span<byte> name = stackalloc byte[path.Length + 1];
        path.CopyTo(name);
        name[^1] = 0;
        if (LinuxFile.Open(Libc.AtFdCwd, name, OpenFlags.ReadOnly | OpenFlags.Directory, out int fd) != Errno.None)
        {
            // may be passed through but not read: its status is all there is to have
            if (FileStatus.At(Libc.AtFdCwd, name, out FileStatus status, follow: true) != Errno.None)
                return false;
            entry.Kind = ArchiveEntryKind.Directory;
            entry.Status = status;
            return true;
        }
        try
        {
            return FileStatus.Of(fd, out FileStatus status) == Errno.None && TakeDirectory(entry, fd, status);
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private bool Look(TreeWalker walker, ArchiveSection section, CollectedEntry entry)
    {
        entry.Reset(section, walker.Path);
        if (walker.Step == WalkStep.Problem)
            return Refuse(entry, walker.Problem.Kind, walker.Problem.Message);
        if (entry.Name.Length > MaxNameLength)
            return Refuse(entry, WarningKind.Limit, $"Paths of more than {MaxNameLength} bytes are left out.");
        if (walker.Step == WalkStep.Directory)
        {
            if (walker.DirectoryIsSkippedMount)
                Warn(entry, WarningKind.Mount, SkippedMounts.Advice);
            return TakeDirectory(entry, walker.DirectoryFd, walker.DirectoryStatus);
        }

        if (walker.EntryType == FileType.Regular) // saves looking at it by name: it is looked at when it is open
            return TakeFile(walker, entry);
        Errno error = FileStatus.At(walker.ParentFd, walker.Name, out FileStatus status);
        if (error != Errno.None)
            return RefuseVanishedOrUnreadable(entry, error);
        return status.Type switch
        {
            FileType.Regular => TakeFile(walker, entry),
            FileType.SymbolicLink => TakeLink(walker, entry, status),
            FileType.NamedPipe => TakeSpecial(walker, entry, status, ArchiveEntryKind.NamedPipe),
            FileType.CharacterDevice => TakeSpecial(walker, entry, status, ArchiveEntryKind.CharacterDevice),
            FileType.BlockDevice => TakeSpecial(walker, entry, status, ArchiveEntryKind.BlockDevice),
            FileType.Socket => Refuse(entry, WarningKind.Socket, "A socket has no content; its program makes it again."),
            _ => Refuse(entry, WarningKind.Vanished, "It changed into something else while the backup ran."),
        };
    }

    private bool TakeDirectory(CollectedEntry entry, int fd, in FileStatus status)
    {
        entry.Kind = ArchiveEntryKind.Directory;
        entry.Status = status;
        WarnOfAttributes(entry, ExtendedAttributes.Read(fd, entry.Attributes));
        return true;
    }

    private bool TakeFile(TreeWalker walker, CollectedEntry entry)
    {
        // O_NONBLOCK: should somebody put a pipe in the place of a file, opening it must not wait for a writer.
        int flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlock;
        Errno error = LinuxFile.Open(walker.ParentFd, walker.Name, flags, out int fd);
        FileStatus status = default;
        if (error == Errno.None)
            error = FileStatus.Of(fd, out status);
        bool keepOpen = false;
        try
        {
            if (error != Errno.None)
                return RefuseVanishedOrUnreadable(entry, error);
            if (status.Type != FileType.Regular)
                return Refuse(entry, WarningKind.Vanished, "It changed into something else while the backup ran.");
            entry.Kind = ArchiveEntryKind.File;
            entry.Status = status;
            WarnOfAttributes(entry, ExtendedAttributes.Read(fd, entry.Attributes));
            keepOpen = status.Size > CollectedEntry.SmallFile || (status.Size > 0 && status.Blocks == 0);
            if (!keepOpen)
                return ReadSmall(fd, entry);
            entry.Fd = fd;
            return true;
        }
        finally
        {
            if (fd >= 0 && !keepOpen)
                _ = Libc.Close(fd);
        }
    }

    /// <summary>
    /// Reads a small file with one call where its size is what was promised. It is archived with the size that was read, which
    /// is the whole file at one moment or another.
    /// </summary>
    private bool ReadSmall(int fd, CollectedEntry entry)
    {
        long promised = entry.Status.Size;
        while (entry.SmallLength < CollectedEntry.SmallFile)
        {
            Errno error = LinuxFile.Read(fd, entry.Small.AsSpan(entry.SmallLength), out int count);
            if (error != Errno.None)
                return Refuse(entry, WarningKind.Unreadable, $"It could not be read: {Libc.Describe(error)}.");
            entry.SmallLength += count;
            if (count == 0 || entry.SmallLength == promised)
                break;
        }
        if (entry.SmallLength < promised)
            Warn(entry, WarningKind.Shrank, $"It shrank from {promised} to {entry.SmallLength} bytes while it was read.");
        else if (entry.SmallLength > promised)
            Warn(entry, WarningKind.Grew, $"It grew from {promised} to at least {entry.SmallLength} bytes while it was read.");
        return true;
    }

    private bool TakeLink(TreeWalker walker, CollectedEntry entry, in FileStatus status)
    {
        Errno error = LinuxFile.ReadLink(walker.ParentFd, walker.Name, entry.LinkTarget);
        if (error != Errno.None)
            return RefuseVanishedOrUnreadable(entry, error);
        return TakeSpecial(walker, entry, status, ArchiveEntryKind.SymbolicLink);
    }

    private bool TakeSpecial(TreeWalker walker, CollectedEntry entry, in FileStatus status, ArchiveEntryKind kind)
    {
        entry.Kind = kind;
        entry.Status = status;
        WarnOfAttributes(entry, ExtendedAttributes.Read(walker.ParentFd, walker.Name[..^1], entry.Attributes));
        return true;
    }

    private bool RefuseVanishedOrUnreadable(CollectedEntry entry, Errno error) => error switch
    {
        Errno.NoEntry => Refuse(entry, WarningKind.Vanished, "It was removed while the backup ran."),
        Errno.Loop or Errno.NotDirectory =>
            Refuse(entry, WarningKind.Vanished, "It changed into something else while the backup ran."),
        _ => Refuse(entry, WarningKind.Unreadable, $"It could not be opened: {Libc.Describe(error)}."),
    };

    private bool Refuse(CollectedEntry entry, WarningKind kind, string message)
    {
        Warn(entry, kind, message);
        return false;
    }

    private void Warn(CollectedEntry entry, WarningKind kind, string message)
        => tally.Warn(entry.Section, entry.SourcePath, kind, message);

    private void WarnOfAttributes(CollectedEntry entry, Errno error)
    {
        if (error == Errno.Range)
        {
            Warn(entry, WarningKind.Attributes,
                $"Extended attributes beyond {ExtendedAttributes.MaxTotal} bytes were left out.");
        }
        else if (error != Errno.None)
        {
            Warn(entry, WarningKind.Attributes, $"Extended attributes could not be read: {Libc.Describe(error)}.");
        }
    }
}
