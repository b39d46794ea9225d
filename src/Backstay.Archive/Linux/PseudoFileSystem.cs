using System.Buffers.Binary;

namespace Backstay.Archive;

/// <summary>File systems whose files are windows into the kernel: reading them is no backup, and can have effects.</summary>
internal static unsafe class PseudoFileSystem
{
    /// <summary>The name of the pseudo file system that an open directory is on, or null. Numbers: linux/magic.h.</summary>
    public static string? NameOf(int fd) => TypeOf(fd) switch
    {
        0x9fa0 => "proc",
        0x62656572 => "sysfs",
        0x1cd1 => "devpts",
        0x64626720 => "debugfs",
        0x74726163 => "tracefs",
        0x73636673 => "securityfs",
        0x27e0eb or 0x63677270 => "cgroup",
        0x62656570 => "configfs",
        0x65735543 => "fusectl",
        0x6165676c => "pstore",
        0xcafe4a11 => "bpf",
        0x19800202 => "mqueue",
        0x42494e4d => "binfmt_misc",
        0xde5e81e4 => "efivarfs",
        0xf97cff8c => "selinuxfs",
        0x6e736673 => "nsfs",
        0x67596969 => "rpc_pipefs",
        0x0187 => "autofs",
        _ => null,
    };

    /// <summary>Whether an open directory is in memory alone (tmpfs, ramfs): the next start of the machine empties it.</summary>
    public static bool IsVolatile(int fd) => TypeOf(fd) is 0x01021994 or 0x858458f6;

    private static uint TypeOf(int fd)
    {
        byte* buffer = stackalloc byte[256]; // struct statfs has 120 bytes; f_type comes first
        return Libc.FStatFs(fd, buffer) == 0 ? BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(buffer, 4)) : 0;
    }
}
