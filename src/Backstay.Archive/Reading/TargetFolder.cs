using System.Text;

namespace Backstay.Archive;

/// <summary>The folder that an archive is extracted to.</summary>
internal static class TargetFolder
{
    /// <summary>Opens an empty folder, or makes it.</summary>
    /// <param name="target">Its path; links in it are the caller's own and are followed.</param>
    /// <param name="mode">Mode of a new folder.</param>
    /// <exception cref="ArchiveException">It isn't empty, or can't be made or opened.</exception>
    public static unsafe int Open(string target, uint mode)
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Path.GetFullPath(target)), 0];
        fixed (byte* path = bytes)
        {
            if (Libc.MkDirAt(Libc.AtFdCwd, path, mode) != 0 && Libc.LastError != Errno.Exists)
                throw Unusable(target, Libc.Describe(Libc.LastError));
            int fd = Libc.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0);
            if (fd < 0)
                throw Unusable(target, Libc.Describe(Libc.LastError));
            if (Directory.EnumerateFileSystemEntries(target).Any())
            {
                _ = Libc.Close(fd);
                throw Unusable(target, "it isn't empty; name a new folder");
            }
            return fd;
        }
    }

    private static ArchiveException Unusable(string target, string why)
        => new(ArchiveFault.Target, $"Nothing can be extracted to '{target}': {why}.");
}
