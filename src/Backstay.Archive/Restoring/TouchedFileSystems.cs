namespace Backstay.Archive;

/// <summary>The file systems that something was put on, to be written out once, at the end.</summary>
internal sealed class TouchedFileSystems : IDisposable
{
    private readonly Dictionary<ulong, int> _folders = [];

    /// <param name="fd">A folder on it; stays the caller's.</param>
    public void Add(int fd)
    {
        if (FileStatus.Of(fd, out FileStatus status) == Errno.None && !_folders.ContainsKey(status.FileSystem)
            && LinuxFile.Open(fd, ".\0"u8, OpenFlags.ReadOnly | OpenFlags.Directory, out int own) == Errno.None)
            _folders.Add(status.FileSystem, own);
    }

    /// <exception cref="ArchiveException">The disk can't keep what was written.</exception>
    public void Flush()
    {
        foreach (int fd in _folders.Values)
        {
            if (Libc.SyncFs(fd) != 0)
                throw new ArchiveException(ArchiveFault.Target, $"What was restored could not be written to disk: {Libc.Describe(Libc.LastError)}.");
        }
    }

    public void Dispose()
    {
        foreach (int fd in _folders.Values)
            _ = Libc.Close(fd);
        _folders.Clear();
    }
}
