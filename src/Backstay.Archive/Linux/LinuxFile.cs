using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Backstay.Archive;

/// <summary>Opening and reading with the small print: no access times, no links followed, interrupted calls repeated.</summary>
internal static unsafe class LinuxFile
{
    /// <summary>
    /// Opens a name in a directory, without touching its access time where that is allowed (root and the owner).
    /// </summary>
    /// <param name="directory">Descriptor of the directory.</param>
    /// <param name="name">Null-terminated.</param>
    /// <param name="flags">Of <see cref="OpenFlags"/>.</param>
    /// <param name="fd">The descriptor, or -1.</param>
    public static Errno Open(int directory, ReadOnlySpan<byte> name, int flags, out int fd)
    {
        fixed (byte* path = name)
        {
            fd = Libc.OpenAt(directory, path, flags | OpenFlags.CloseOnExec | OpenFlags.NoATime, 0);
            if (fd < 0 && Libc.LastError == Errno.NotPermitted)
                fd = Libc.OpenAt(directory, path, flags | OpenFlags.CloseOnExec, 0);
            return fd < 0 ? Libc.LastError : Errno.None;
        }
    }

    /// <summary>Reads once. A short count is the end of a regular file.</summary>
    public static Errno Read(int fd, Span<byte> buffer, out int count)
    {
        fixed (byte* to = buffer)
        {
            nint read;
            do
                read = Libc.Read(fd, to, (nuint)buffer.Length);
            while (read < 0 && Libc.LastError == Errno.Interrupted);
            count = (int)Math.Max(read, 0);
            return read < 0 ? Libc.LastError : Errno.None;
        }
    }

    /// <summary>Reads once at an offset.</summary>
    public static Errno ReadAt(int fd, Span<byte> buffer, long offset, out int count)
    {
        fixed (byte* to = buffer)
        {
            nint read;
            do
                read = Libc.PRead(fd, to, (nuint)buffer.Length, offset);
            while (read < 0 && Libc.LastError == Errno.Interrupted);
            count = (int)Math.Max(read, 0);
            return read < 0 ? Libc.LastError : Errno.None;
        }
    }

    /// <summary>Writes all at an offset.</summary>
    public static Errno WriteAt(int fd, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* from = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint written = Libc.PWrite(fd, from + done, (nuint)(bytes.Length - done), offset + done);
                if (written < 0 && Libc.LastError != Errno.Interrupted)
                    return Libc.LastError;
                done += (int)Math.Max(written, 0);
            }
            return Errno.None;
        }
    }

    /// <summary>Target of a symbolic link.</summary>
    public static Errno ReadLink(int directory, ReadOnlySpan<byte> name, ByteBuffer target)
    {
        Span<byte> buffer = stackalloc byte[4096]; // PATH_MAX: the kernel keeps no longer ones
        fixed (byte* path = name)
        fixed (byte* to = buffer)
        {
            nint length = Libc.ReadLinkAt(directory, path, to, (nuint)buffer.Length);
            if (length < 0)
                return Libc.LastError;
            target.Append(buffer[..(int)length]);
            return Errno.None;
        }
    }

    /// <summary>A new empty file that is gone with its descriptor, even if the process is killed.</summary>
    /// <exception cref="IOException">The folder can't be written.</exception>
    public static SafeFileHandle CreateUnnamed(string folder)
    {
        string path = Path.Combine(folder, $".backstay-{Guid.NewGuid():N}");
        byte[] bytes = [.. Encoding.UTF8.GetBytes(path), 0];
        fixed (byte* name = bytes)
        {
            int fd = Libc.Open(name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.CloseOnExec, 0x180);
            if (fd < 0)
                throw new IOException($"No temporary file can be made in '{folder}': {Libc.Describe(Libc.LastError)}.");
            var handle = new SafeFileHandle(fd, ownsHandle: true);
            _ = Libc.UnlinkAt(Libc.AtFdCwd, name, 0);
            return handle;
        }
    }
}
