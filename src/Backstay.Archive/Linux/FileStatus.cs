namespace Backstay.Archive;

/// <summary>What statx says about a file.</summary>
internal readonly record struct FileStatus
{
    private const int TypeMask = 0xf000;

    public required int Mode { get; init; }
    public required uint LinkCount { get; init; }
    public required uint Uid { get; init; }
    public required uint Gid { get; init; }
    public required ulong Inode { get; init; }
    public required ulong FileSystem { get; init; }
    public required long Size { get; init; }

    /// <summary>Blocks of 512 bytes in use.</summary>
    public required long Blocks { get; init; }

    public required FileTime Modified { get; init; }
    public required FileTime Changed { get; init; }
    public required uint DeviceMajor { get; init; }
    public required uint DeviceMinor { get; init; }

    public FileType Type => (FileType)(Mode & TypeMask);

    /// <summary>Permission bits with setuid, setgid and sticky.</summary>
    public int Permissions => Mode & 0xfff;

    /// <summary>Status of an open descriptor.</summary>
    public static unsafe Errno Of(int fd, out FileStatus status)
    {
        byte empty = 0;
        return Query(fd, &empty, Libc.AtEmptyPath, out status);
    }

    /// <summary>Status of a name in a directory, links not followed unless asked.</summary>
    public static unsafe Errno At(int directory, ReadOnlySpan<byte> nullTerminated, out FileStatus status, bool follow = false)
    {
        fixed (byte* path = nullTerminated)
            return Query(directory, path, follow ? 0 : Libc.AtSymlinkNoFollow, out status);
    }

    private static unsafe Errno Query(int directory, byte* path, int flags, out FileStatus status)
    {
        StatXBuffer buffer;
        if (Libc.StatX(directory, path, flags, StatXBuffer.BasicStats, &buffer) != 0)
        {
            status = default;
            return Libc.LastError;
        }
        status = new FileStatus
        {
            Mode = buffer.Mode,
            LinkCount = buffer.LinkCount,
            Uid = buffer.Uid,
            Gid = buffer.Gid,
            Inode = buffer.Inode,
            FileSystem = ((ulong)buffer.FileSystemMajor << 32) | buffer.FileSystemMinor,
            Size = buffer.Size,
            Blocks = buffer.Blocks,
            Modified = new FileTime(buffer.ModifiedSeconds, (int)buffer.ModifiedNanoseconds),
            Changed = new FileTime(buffer.ChangedSeconds, (int)buffer.ChangedNanoseconds),
            DeviceMajor = buffer.DeviceMajor,
            DeviceMinor = buffer.DeviceMinor,
        };
        return Errno.None;
    }
}

/// <summary>The type bits of a mode.</summary>
internal enum FileType
{
    NamedPipe = 0x1000,
    CharacterDevice = 0x2000,
    Directory = 0x4000,
    BlockDevice = 0x6000,
    Regular = 0x8000,
    SymbolicLink = 0xa000,
    Socket = 0xc000,
}

/// <summary>Seconds since 1970 (also before) and nanoseconds, 0 to 999,999,999.</summary>
internal readonly record struct FileTime(long Seconds, int Nanoseconds)
{
    public static FileTime From(DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks;
        (long seconds, long rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }
        return new FileTime(seconds, (int)rest * 100);
    }

    public bool IsAfter(FileTime other) => (Seconds, Nanoseconds).CompareTo((other.Seconds, other.Nanoseconds)) > 0;

    /// <summary>The nearest time that .NET can hold, years 1 to 9999.</summary>
    public DateTimeOffset ToDateTimeOffset()
    {
        long least = DateTimeOffset.MinValue.ToUnixTimeSeconds();
        long most = DateTimeOffset.MaxValue.ToUnixTimeSeconds();
        if (Seconds < least || Seconds > most)
            return Seconds < least ? DateTimeOffset.MinValue : DateTimeOffset.MaxValue;
        return DateTimeOffset.FromUnixTimeSeconds(Seconds).AddTicks(Nanoseconds / 100);
    }
}
