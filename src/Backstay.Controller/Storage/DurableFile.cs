using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Backstay.Controller.Storage;

/// <summary>What .NET doesn't offer for making a write outlive a power cut: fdatasync(2), and fsync(2) of a folder.</summary>
internal static partial class DurableFile
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC

    /// <summary>Bytes and size of the file are on the disk when this returns (times may not be).</summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    public static void SyncData(SafeFileHandle file)
    {
        if (FDataSync(file) != 0)
            throw LastError("fdatasync");
    }

    /// <summary>Names that were made, changed or removed in the folder are on the disk when this returns.</summary>
    /// <exception cref="IOException">With the error number as its HResult.</exception>
    public static void SyncFolder(string path)
    {
        using var folder = Open(path, DirectoryFlags);
        if (folder.IsInvalid || FSync(folder) != 0)
            throw LastError($"fsync of {path}");
    }

    // arm and arm64 swap the bits of O_DIRECTORY and O_DIRECT (asm/fcntl.h).
    private static int DirectoryFlags => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm
        ? 0x4000 | 0x80000
        : ReadOnlyDirectoryCloseOnExec;

    private static IOException LastError(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
