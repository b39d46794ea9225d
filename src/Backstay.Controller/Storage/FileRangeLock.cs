using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Backstay.Controller.Storage;

/// <summary>
/// A lock on a range of a file, held by this handle until it is closed, by hand or by the end of the process: other processes see it, on
/// this machine and through a shared file system. An open file description's lock (fcntl(2), F_OFD_SETLK): unlike a POSIX lock it isn't
/// lost when the same process closes another handle of the file.
/// </summary>
internal static partial class FileRangeLock
{
    private const int SetOpenFileDescriptionLock = 37; // F_OFD_SETLK
    private const short WriteLock = 1; // F_WRLCK
    private const short FromStart = 0; // SEEK_SET
    private const int Again = 11; // EAGAIN
    private const int Access = 13; // EACCES

    /// <summary>False when somebody else holds a part of the range.</summary>
    /// <exception cref="IOException">The file system has no such locks, or its lock service doesn't answer.</exception>
    public static bool TryTake(SafeFileHandle file, long offset, long length)
    {
        var wish = new FileLock { Type = WriteLock, Whence = FromStart, Start = offset, Length = length };
        if (FileControl(file, SetOpenFileDescriptionLock, ref wish) == 0)
            return true;

        var error = Marshal.GetLastPInvokeError();
        return error is Again or Access
            ? false
            : throw new IOException($"fcntl: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FileControl(SafeFileHandle file, int command, ref FileLock wish);

    /// <summary>struct flock of 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct FileLock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int ProcessId; // 0, or EINVAL
    }
}
