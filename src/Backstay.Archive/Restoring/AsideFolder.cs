using System.Text;

namespace Backstay.Archive;

/// <summary>
/// Where a restore keeps what it replaces: by the same paths, with the same owner, mode, time and attributes, so that
/// <c>cp -a --remove-destination FOLDER/. /</c> puts it all back. A file costs a hard link; on another file system, a copy.
/// </summary>
/// <param name="target">Descriptor of the target; stays the caller's.</param>
/// <param name="name">Below <see cref="RestoreFolders.Work"/>.</param>
internal sealed class AsideFolder(int target, string name, AttributeRestorer attributes) : IDisposable
{
    private readonly byte[] _path = Encoding.UTF8.GetBytes($"{RestoreFolders.Work}/{name}");
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _root = -1;

    /// <summary>Whether something is in it.</summary>
    public bool IsUsed => _root >= 0;

    public void Dispose()
    {
        if (_root >= 0)
            _ = Libc.Close(_root);
        _root = -1;
    }

    /// <summary>Keeps what is in a place. What is kept under that name already stays: it is what was there first.</summary>
    /// <param name="folders">The folder that it is in is on top.</param>
    /// <param name="leaf">Its name, null-terminated.</param>
    /// <param name="status">What it is.</param>
    /// <returns>None, or why it can't be kept and so must not be replaced.</returns>
    public unsafe Errno Keep(FolderStack folders, byte[] leaf, in FileStatus status)
    {
        Errno error = Open(folders, out int aside);
        if (error != Errno.None)
            return error;
        int parent = folders.Top.Fd;
        fixed (byte* path = leaf)
        {
            if (status.Type == FileType.Directory) // must leave its place, as nothing can be renamed over it
                return Libc.RenameAt(parent, path, aside, path) == 0 ? Errno.None : Libc.LastError;
            if (Libc.LinkAt(parent, path, aside, path, 0) == 0 || Libc.LastError == Errno.Exists)
                return Errno.None;
        }
        return Copy(parent, aside, leaf, status);
    }

    /// <summary>Keeps what a folder is like that is about to be changed.</summary>
    public Errno KeepFolder(FolderStack folders) => Open(folders, out _);

    /// <summary>Gives the counterpart of a folder that is left what the folder was like.</summary>
    public static unsafe void Leave(FolderLevel level)
    {
        if (level.Former is not { } former)
            return;
        _ = Libc.FChOwn(level.Aside, former.Uid, former.Gid); // without the right to, it is the caller's
        _ = Libc.FChMod(level.Aside, (uint)former.Permissions);
        TimeSpec* times = stackalloc TimeSpec[2];
        times[0] = times[1] = new TimeSpec { Seconds = former.Modified.Seconds, Nanoseconds = former.Modified.Nanoseconds };
        _ = Libc.FUtimeNs(level.Aside, times);
    }

    /// <summary>The counterpart of the folder on top, and of all above it.</summary>
    private Errno Open(FolderStack folders, out int aside)
    {
        aside = -1;
        if (_root < 0 && !TryMakeRoot())
            return Errno.AccessDenied;
        aside = _root;
        foreach (FolderLevel level in folders.Levels.Skip(1))
        {
            Errno error = level.Aside < 0 ? OpenCounterpart(aside, level) : Errno.None;
            if (error != Errno.None)
                return error;
            aside = level.Aside;
        }
        return Errno.None;
    }

    /// <summary>With owner and mode of the target, as copying it back gives the target those of this folder. Above it all is private.</summary>
    private bool TryMakeRoot()
    {
        _root = MachineFolder.MakeWork(target, _path);
        if (_root < 0 || FileStatus.Of(target, out FileStatus status) != Errno.None)
            return false;
        _ = Libc.FChOwn(_root, status.Uid, status.Gid); // without the right to, it is the caller's, and so is the target
        _ = Libc.FChMod(_root, (uint)status.Permissions);
        return true;
    }

    private static Errno OpenCounterpart(int aside, FolderLevel level)
    {
        Errno error = MachineFolder.Make(aside, [.. level.Name, 0], out int fd, out bool isNew);
        level.Aside = fd;
        if (error != Errno.None || !isNew)
            return error;
        error = FileStatus.Of(level.Fd, out FileStatus former);
        level.Former = error == Errno.None ? former : null;
        return error;
    }

    private unsafe Errno Copy(int parent, int aside, byte[] leaf, in FileStatus status)
    {
        var found = new List<ExtendedAttribute>();
        if (status.Type is FileType.Regular)
            return CopyFile(parent, aside, leaf, found);
        _ = ExtendedAttributes.Read(parent, leaf.AsSpan(0, leaf.Length - 1), found);
        fixed (byte* path = leaf)
        {
            if (status.Type == FileType.SymbolicLink)
            {
                var target = new ByteBuffer(256);
                Errno error = LinuxFile.ReadLink(parent, leaf, target);
                if (error != Errno.None)
                    return error;
                fixed (byte* text = target.NullTerminated())
                {
                    if (Libc.SymLinkAt(text, aside, path) != 0)
                        return Libc.LastError;
                }
            }
            else if (status.Type == FileType.Socket)
            {
                return Errno.None; // its program makes it again
            }
            else if (Libc.MkNodAt(aside, path, (uint)status.Mode, status.DeviceMajor, status.DeviceMinor) != 0)
            {
                return Libc.LastError;
            }
        }
        ArchiveEntryKind kind = status.Type == FileType.SymbolicLink ? ArchiveEntryKind.SymbolicLink : ArchiveEntryKind.NamedPipe;
        attributes.Restore(aside, leaf, AttributesOf(leaf, kind, status, found));
        return Errno.None;
    }

    private unsafe Errno CopyFile(int parent, int aside, byte[] leaf, List<ExtendedAttribute> found)
    {
        Errno error = LinuxFile.Open(parent, leaf, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlock, out int from);
        if (error != Errno.None)
            return error;
        int to = -1;
        try
        {
            fixed (byte* path = leaf)
                to = Libc.OpenAt(aside, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.CloseOnExec, 0x180);
            if (to < 0)
                return Libc.LastError == Errno.Exists ? Errno.None : Libc.LastError;
            for (long at = 0; ;)
            {
                error = LinuxFile.Read(from, _buffer, out int count);
                if (error == Errno.None && count > 0)
                    error = LinuxFile.WriteAt(to, _buffer.AsSpan(0, count), at);
                at += count;
                if (error != Errno.None)
                {
                    fixed (byte* path = leaf) // half a copy is none
                        _ = Libc.UnlinkAt(aside, path, 0);
                    return error;
                }
                if (count == 0)
                    break;
            }
            _ = ExtendedAttributes.Read(from, found);
            error = FileStatus.Of(from, out FileStatus status);
            attributes.Restore(to, AttributesOf(leaf, ArchiveEntryKind.File, status, found));
            return error;
        }
        finally
        {
            _ = Libc.Close(from);
            if (to >= 0)
                _ = Libc.Close(to);
        }
    }

    private static EntryAttributes AttributesOf(byte[] leaf, ArchiveEntryKind kind, in FileStatus status, List<ExtendedAttribute> found)
        => new(leaf[..^1], kind, status.Permissions, status.Uid, status.Gid, status.Modified, [.. found]);
}
