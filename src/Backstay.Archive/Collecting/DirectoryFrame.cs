using System.Buffers;
using System.Buffers.Binary;

namespace Backstay.Archive;

/// <summary>
/// One open directory of a walk. Reads its entries 32 KiB at a time and gives each batch in the order of inode numbers, which
/// is near the order on disk; a directory of a million entries needs no more memory than one of ten.
/// </summary>
internal sealed unsafe class DirectoryFrame : IDisposable
{
    private const int BatchBytes = 32 * 1024;
    private const int MinRecord = 24;
    private const int NameOffset = 19; // struct linux_dirent64: d_ino 8, d_off 8, d_reclen 2, d_type 1, d_name

    private readonly byte[] _batch = ArrayPool<byte>.Shared.Rent(BatchBytes);
    private readonly (ulong Inode, int Offset)[] _order =
        ArrayPool<(ulong, int)>.Shared.Rent(BatchBytes / MinRecord + 1);
    private int _count;
    private int _next;

    public DirectoryFrame(int fd, ulong fileSystem, int pathLength)
    {
        Fd = fd;
        FileSystem = fileSystem;
        PathLength = pathLength;
    }

    public int Fd { get; }

    public ulong FileSystem { get; }

    /// <summary>Length of this directory's path in the walk's path buffer.</summary>
    public int PathLength { get; }

    /// <summary>Archived as an empty folder: a mount that the walk must not enter.</summary>
    public bool IsSkipped { get; init; }

    /// <summary>The next entry but <c>.</c> and <c>..</c>; false at the end or on an error.</summary>
    public bool TryNext(out ReadOnlySpan<byte> name, out byte type, out Errno error)
    {
        name = default;
        type = 0;
        error = Errno.None;
        if (IsSkipped || (_next == _count && !Fill(out error)))
            return false;
        int offset = _order[_next++].Offset;
        ReadOnlySpan<byte> tail = _batch.AsSpan(offset + NameOffset);
        name = tail[..tail.IndexOf((byte)0)];
        type = _batch[offset + NameOffset - 1];
        return true;
    }

    public void Dispose()
    {
        _ = Libc.Close(Fd);
        ArrayPool<byte>.Shared.Return(_batch);
        ArrayPool<(ulong, int)>.Shared.Return(_order);
    }

    private bool Fill(out Errno error)
    {
        error = Errno.None;
        do
        {
            int length;
            fixed (byte* buffer = _batch)
                length = Libc.GetDents(Fd, buffer, BatchBytes);
            if (length < 0)
                error = Libc.LastError;
            if (length <= 0)
                return false;
            _next = _count = 0;
            for (int offset = 0; offset < length;)
            {
                ReadOnlySpan<byte> record = _batch.AsSpan(offset);
                ReadOnlySpan<byte> name = record[NameOffset..];
                bool self = name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
                if (!self)
                    _order[_count++] = (BinaryPrimitives.ReadUInt64LittleEndian(record), offset);
                offset += BinaryPrimitives.ReadUInt16LittleEndian(record[16..]);
            }
            _order.AsSpan(0, _count).Sort();
        }
        while (_count == 0);
        return true;
    }
}
