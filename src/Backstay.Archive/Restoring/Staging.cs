using System.Text;

namespace Backstay.Archive;

/// <summary>
/// A private folder in each folder that something is put into. There an entry is made whole, with its owner and mode, where nobody
/// else can touch it; then a rename gives it its place. What a run that was cut off left in one, the next run removes.
/// </summary>
internal sealed unsafe class Staging
{
    private const int PermissionBits = 0x1ff;
    private const int PrivateMode = 0x1c0; // 0700

    private static readonly byte[] Folder = [.. RestoreFolders.Staging, 0];

    private int _file = -1;

    /// <summary>Whether a file was begun and waits for its content.</summary>
    public bool IsOpen => _file >= 0;

    private static int NewFile =>
        OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec;

    private static ReadOnlySpan<byte> New => "new\0"u8;

    /// <summary>Makes an empty file, to be published.</summary>
    public Errno BeginFile(FolderLevel level) => BeginFile(level, New);

    /// <summary>Makes an empty file.</summary>
    /// <param name="name">In the private folder, null-terminated.</param>
    public Errno BeginFile(FolderLevel level, ReadOnlySpan<byte> name)
    {
        Errno error = Open(level);
        if (error != Errno.None)
            return error;
        fixed (byte* path = name)
        {
            _file = Libc.OpenAt(level.Staging, path, NewFile, 0x180);
            if (_file < 0 && Libc.LastError == Errno.Exists && Libc.UnlinkAt(level.Staging, path, 0) == 0)
                _file = Libc.OpenAt(level.Staging, path, NewFile, 0x180);
            return _file >= 0 ? Errno.None : Libc.LastError;
        }
    }

    /// <summary>Content of the file that was begun.</summary>
    public Errno Write(ReadOnlySpan<byte> content, long offset) => LinuxFile.WriteAt(_file, content, offset);

    /// <summary>Gives the file that was begun its size, and closes it.</summary>
    /// <param name="attributes">Gives it owner, mode and attributes, too; null if that has its time later.</param>
    public Errno EndFile(TarEntry entry, AttributeRestorer? attributes)
    {
        Errno error = entry.Runs is not null && Libc.FTruncate(_file, entry.Size) != 0 // a hole at the end
            ? Libc.LastError
            : Errno.None;
        if (error == Errno.None)
            attributes?.Restore(_file, EntryAttributes.Of(entry));
        Abandon();
        return error;
    }

    /// <summary>Takes no more content. A file that has no place by then never gets one.</summary>
    public void Abandon()
    {
        if (_file >= 0)
            _ = Libc.Close(_file);
        _file = -1;
    }

    /// <summary>Makes a symbolic link, a pipe or a device.</summary>
    public static Errno MakeNode(FolderLevel level, TarEntry entry, AttributeRestorer attributes)
    {
        Errno error = Open(level);
        if (error != Errno.None)
            return error;
        Clear(level);
        error = LinuxNode.Make(level.Staging, New, entry);
        if (error == Errno.None)
            attributes.Restore(level.Staging, New, EntryAttributes.Of(entry));
        return error;
    }

    /// <summary>Makes another name of a file.</summary>
    /// <param name="parent">The folder that the file is in.</param>
    /// <param name="leaf">Its name, null-terminated.</param>
    public static Errno MakeLink(FolderLevel level, int parent, ReadOnlySpan<byte> leaf)
    {
        Errno error = Open(level);
        if (error != Errno.None)
            return error;
        Clear(level);
        fixed (byte* from = leaf)
        fixed (byte* to = New)
            return Libc.LinkAt(parent, from, level.Staging, to, 0) == 0 ? Errno.None : Libc.LastError;
    }

    /// <summary>Renames what was made over what is in its place.</summary>
    /// <param name="isLink">Whether it is another name of a file, and may be one of that which is there.</param>
    public static Errno Publish(FolderLevel level, ReadOnlySpan<byte> leaf, bool isLink)
    {
        Errno error = Publish(level.Staging, New, level, leaf);
        if (error == Errno.None && isLink)
            Clear(level); // renaming one name of a file over another one does nothing
        return error;
    }

    /// <summary>Renames what was made in the private folder of this folder, or of one above it.</summary>
    /// <param name="name">Null-terminated, as <paramref name="leaf"/> is.</param>
    public static Errno Publish(int staging, ReadOnlySpan<byte> name, FolderLevel level, ReadOnlySpan<byte> leaf)
    {
        fixed (byte* from = name)
        fixed (byte* to = leaf)
            return Libc.RenameAt(staging, from, level.Fd, to) == 0 ? Errno.None : Libc.LastError;
    }

    /// <summary>Throws away what was made.</summary>
    public static void Clear(FolderLevel level)
    {
        fixed (byte* path = New)
            _ = Libc.UnlinkAt(level.Staging, path, 0); // nearly always there is nothing
    }

    /// <summary>Takes the folder away, with what was made there to be published.</summary>
    public static void Remove(FolderLevel level)
    {
        if (level.Staging < 0)
            return;
        Clear(level);
        Close(level);
        RemoveEmpty(level);
    }

    /// <summary>How many there are in the folder of those that are counted, by their names.</summary>
    public static int Count(FolderLevel level, Func<string, bool> isCounted)
    {
        if (!TryOpen(level))
            return 0;
        int count = NamesIn(level).Count(isCounted);
        Close(level);
        return count;
    }

    /// <summary>Takes the folder away, if it is ours, with what may go of what is in it; what stays keeps it.</summary>
    /// <param name="isGone">What may go, by its name.</param>
    public static void RemoveWhere(FolderLevel level, Func<string, bool> isGone)
    {
        if (!TryOpen(level))
            return;
        foreach (string name in NamesIn(level).Where(isGone))
        {
            fixed (byte* path = (byte[])[.. Encoding.UTF8.GetBytes(name), 0])
                _ = Libc.UnlinkAt(level.Staging, path, 0);
        }
        Close(level);
        RemoveEmpty(level);
    }

    /// <summary>Opens the folder, or makes it.</summary>
    public static Errno Open(FolderLevel level)
    {
        if (level.Staging >= 0)
            return Errno.None;
        Errno error = MachineFolder.Make(level.Fd, Folder, out int fd, out bool isNew);
        if (error != Errno.None)
            return error;
        // One that was there has to be ours, and closed to everybody else.
        if (!isNew && (FileStatus.Of(fd, out FileStatus status) != Errno.None
            || status.Uid != Libc.GetEUid() || (status.Permissions & PermissionBits) != PrivateMode))
        {
            _ = Libc.Close(fd);
            return Errno.NotPermitted;
        }
        level.Staging = fd;
        return Errno.None;
    }

    /// <summary>There is no room for an entry, or the disk fails: no other one will do better.</summary>
    /// <param name="state">What is true of the machine now.</param>
    public static void ThrowIfFull(TarEntry entry, Errno error, string state)
    {
        if (error is not (Errno.NoSpace or Errno.QuotaExceeded or Errno.InputOutput))
            return;
        throw new ArchiveException(
            ArchiveFault.Target,
            $"'{DisplayName.Of(entry.Name.Span)}' could not be written: {Libc.Describe(error)}. {state}; once that is put right, restore again.");
    }

    /// <summary>Does nothing if something is in it.</summary>
    private static void RemoveEmpty(FolderLevel level)
    {
        fixed (byte* path = Folder)
            _ = Libc.UnlinkAt(level.Fd, path, Libc.AtRemoveDir);
    }

    private static bool TryOpen(FolderLevel level) => FileStatus.At(level.Fd, Folder, out _) == Errno.None && Open(level) == Errno.None;

    private static IEnumerable<string> NamesIn(FolderLevel level)
        => Directory.GetFileSystemEntries($"/proc/self/fd/{level.Staging}").Select(path => Path.GetFileName(path));

    private static void Close(FolderLevel level)
    {
        _ = Libc.Close(level.Staging);
        level.Staging = -1;
    }
}
