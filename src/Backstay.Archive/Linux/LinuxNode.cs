namespace Backstay.Archive;

/// <summary>Makes what has no content: symbolic links, pipes, devices.</summary>
internal static unsafe class LinuxNode
{
    private const uint PrivateMode = 0x180; // 0600

    /// <param name="parent">Descriptor of the folder.</param>
    /// <param name="name">Null-terminated; nothing is there yet.</param>
    /// <param name="entry">What to make, without its attributes.</param>
    public static Errno Make(int parent, ReadOnlySpan<byte> name, TarEntry entry)
    {
        fixed (byte* path = name)
        {
            if (entry.Kind == ArchiveEntryKind.SymbolicLink)
            {
                fixed (byte* target = entry.LinkTarget.NullTerminated())
                    return Libc.SymLinkAt(target, parent, path) == 0 ? Errno.None : Libc.LastError;
            }
            uint type = entry.Kind switch
            {
                ArchiveEntryKind.NamedPipe => (uint)FileType.NamedPipe,
                ArchiveEntryKind.CharacterDevice => (uint)FileType.CharacterDevice,
                ArchiveEntryKind.BlockDevice => (uint)FileType.BlockDevice,
                _ => throw new ArgumentOutOfRangeException(nameof(entry), entry.Kind, "It has content, or is a folder or another name."),
            };
            return Libc.MkNodAt(parent, path, type | PrivateMode, entry.DeviceMajor, entry.DeviceMinor) == 0 ? Errno.None : Libc.LastError;
        }
    }
}
