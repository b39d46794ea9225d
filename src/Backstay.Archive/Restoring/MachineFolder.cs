using System.Text;

namespace Backstay.Archive;

/// <summary>Opens and makes folders below a target, component by component, without following a link.</summary>
internal static unsafe class MachineFolder
{
    private const uint PrivateMode = 0x1c0; // 0700
    private const uint PublicMode = 0x1ed; // 0755

    // var and lib are everybody's, should the target not have them yet.
    private static readonly int PublicComponents = RestoreFolders.Work.Count(c => c == '/');

    private static int Flags => OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;

    /// <summary>The target; -1 if it isn't there. Links in its path are the caller's own and are followed.</summary>
    /// <exception cref="ArchiveException">It can't be opened.</exception>
    public static int OpenTarget(string target)
    {
        Errno error = LinuxFile.Open(Libc.AtFdCwd, PathOf(target), OpenFlags.ReadOnly | OpenFlags.Directory, out int fd);
        return error is Errno.None or Errno.NoEntry ? fd : throw Unusable(target, error);
    }

    /// <summary>Opens the target, or makes it, private, and keeps other restores out of it until it is closed.</summary>
    /// <param name="isNew">Whether it was made.</param>
    /// <exception cref="ArchiveException">It can't be made or opened, or another restore has it.</exception>
    public static int LockTarget(string target, out bool isNew)
    {
        fixed (byte* path = PathOf(target))
        {
            isNew = Libc.MkDirAt(Libc.AtFdCwd, path, PrivateMode) == 0;
            if (!isNew && Libc.LastError != Errno.Exists)
                throw Unusable(target, Libc.LastError);
        }
        Errno error = LinuxFile.Open(Libc.AtFdCwd, PathOf(target), OpenFlags.ReadOnly | OpenFlags.Directory, out int fd);
        if (error != Errno.None)
            throw Unusable(target, error);
        if (Libc.FLock(fd, Libc.LockExclusive | Libc.LockNonBlocking) == 0)
            return fd;
        _ = Libc.Close(fd);
        throw new ArchiveException(ArchiveFault.Target, $"Another restore to '{target}' is running; wait for its end.");
    }

    /// <summary>Takes a target away that was made, if nothing came into it.</summary>
    public static void RemoveEmptyTarget(string target)
    {
        fixed (byte* path = PathOf(target))
            _ = Libc.UnlinkAt(Libc.AtFdCwd, path, Libc.AtRemoveDir);
    }

    /// <summary>Opens a folder in a folder.</summary>
    /// <param name="leaf">Null-terminated.</param>
    public static Errno Open(int parent, ReadOnlySpan<byte> leaf, out int fd) => LinuxFile.Open(parent, leaf, Flags, out fd);

    /// <summary>Makes a folder in a folder, private, unless something is there, and opens it.</summary>
    /// <param name="leaf">Null-terminated.</param>
    /// <param name="isNew">Whether it was made.</param>
    public static Errno Make(int parent, ReadOnlySpan<byte> leaf, out int fd, out bool isNew)
    {
        fixed (byte* path = leaf)
        {
            isNew = Libc.MkDirAt(parent, path, PrivateMode) == 0;
            fd = -1;
            if (!isNew && Libc.LastError != Errno.Exists)
                return Libc.LastError;
        }
        Errno error = Open(parent, leaf, out fd);
        if (error != Errno.None || !isNew)
            return error;
        // Whoever may write to the parent can put another folder in the place of ours, and the parent may have lists that we would inherit.
        if (FileStatus.Of(fd, out FileStatus status) != Errno.None || status.Uid != Libc.GetEUid())
        {
            _ = Libc.Close(fd);
            fd = -1;
            return Errno.NotPermitted;
        }
        RemoveAccessLists(fd);
        return Errno.None;
    }

    /// <summary>Opens a folder by a path below another one; -1 if it isn't there.</summary>
    /// <param name="path">Without a slash at either end; empty for <paramref name="root"/> itself.</param>
    public static int OpenBelow(int root, ReadOnlySpan<byte> path) => Walk(root, path, make: false);

    /// <summary>Opens the folder that is nearest to a path below another one: that of the path, or one above it.</summary>
    /// <param name="length">How much of the path is there.</param>
    public static int OpenNearest(int root, ReadOnlySpan<byte> path, out int length)
    {
        length = 0;
        int fd = OpenBelow(root, []);
        foreach (Range range in path.Split((byte)'/'))
        {
            if (fd < 0 || Open(fd, [.. path[range], 0], out int next) != Errno.None)
                break;
            _ = Libc.Close(fd);
            fd = next;
            length = range.End.GetOffset(path.Length);
        }
        return fd;
    }

    /// <summary>The same of <see cref="RestoreFolders.Work"/> or a folder below it, making what isn't there; -1 if that isn't possible.</summary>
    public static int MakeWork(int root, ReadOnlySpan<byte> path) => Walk(root, path, make: true);

    /// <summary>Where a dump goes, below the target.</summary>
    /// <param name="dumps">The folder of the archive's dumps: <see cref="RestoreFolders.DumpsOf"/>.</param>
    /// <param name="name">In the archive.</param>
    public static byte[] DumpsFolderOf(string dumps, ReadOnlySpan<byte> name) => [.. Encoding.UTF8.GetBytes(dumps), (byte)'/', .. ParentOf(name)];

    /// <summary>Of a path without a slash in front; empty if it has one component.</summary>
    public static ReadOnlySpan<byte> ParentOf(ReadOnlySpan<byte> path)
    {
        int slash = path.LastIndexOf((byte)'/');
        return slash < 0 ? [] : path[..slash];
    }

    /// <summary>The last component, null-terminated.</summary>
    public static byte[] LeafOf(ReadOnlySpan<byte> path) => [.. path[(path.LastIndexOf((byte)'/') + 1)..], 0];

    private static int Walk(int root, ReadOnlySpan<byte> path, bool make)
    {
        if (LinuxFile.Open(root, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out int fd) != Errno.None)
            return -1;
        if (path.IsEmpty)
            return fd;
        int depth = 0;
        foreach (Range range in path.Split((byte)'/'))
        {
            int parent = fd;
            byte[] leaf = [.. path[range], 0];
            bool isNew = false;
            Errno error = make ? Make(parent, leaf, out fd, out isNew) : Open(parent, leaf, out fd);
            if (depth++ < PublicComponents && isNew)
                _ = Libc.FChMod(fd, PublicMode);
            _ = Libc.Close(parent);
            if (error != Errno.None)
                return -1;
        }
        return fd;
    }

    private static void RemoveAccessLists(int fd)
    {
        fixed (byte* standard = "system.posix_acl_default\0"u8)
        fixed (byte* access = "system.posix_acl_access\0"u8)
        {
            // most have none, and some file systems know none
            _ = Libc.FRemoveXAttr(fd, standard);
            _ = Libc.FRemoveXAttr(fd, access);
        }
    }

    private static byte[] PathOf(string target) => [.. Encoding.UTF8.GetBytes(Path.GetFullPath(target)), 0];

    private static ArchiveException Unusable(string target, Errno error)
        => new(ArchiveFault.Target, $"Nothing can be restored to '{target}': {Libc.Describe(error)}.");
}
