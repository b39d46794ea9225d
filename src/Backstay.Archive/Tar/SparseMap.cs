namespace Backstay.Archive;

/// <summary>A run of data in a sparse file.</summary>
internal readonly record struct DataRun(long Offset, long Length);

/// <summary>Where a sparse file has data, in the form of GNU.sparse 1.0: decimal lines in front of the data, padded to 512.</summary>
internal sealed class SparseMap
{
    /// <summary>Most runs. A file with more keeps its last holes as zeros; a reader refuses more.</summary>
    public const int MaxRuns = 65_536;

    private const long ErrorOffset = -1;

    public SparseMap(IReadOnlyList<DataRun> runs, long realSize)
    {
        RealSize = realSize;
        // A hole at the end is told by a run without length, which is what makes GNU tar extend the file.
        Runs = runs.Count == 0 || runs[^1].Offset + runs[^1].Length < realSize ? [.. runs, new DataRun(realSize, 0)] : runs;
        foreach (DataRun run in Runs)
            DataSize += run.Length;
        Encoded = Encode();
    }

    public IReadOnlyList<DataRun> Runs { get; }

    public long RealSize { get; }

    /// <summary>Bytes of data alone.</summary>
    public long DataSize { get; }

    /// <summary>The map as stored, padded.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Asks the file system for the runs of an open file; null if it has no holes worth it.</summary>
    public static SparseMap? Of(int fd, in FileStatus status)
    {
        if (status.Blocks * 512 >= status.Size)
            return null;
        var runs = new List<DataRun>();
        for (long at = 0; at < status.Size;)
        {
            long data = Libc.LSeek(fd, at, Libc.SeekData);
            if (data == ErrorOffset && Libc.LastError != Errno.InvalidSeek)
                return null; // a file system that can't tell
            if (data == ErrorOffset || data >= status.Size)
                break;
            long hole = runs.Count == MaxRuns - 2 ? status.Size : Libc.LSeek(fd, data, Libc.SeekHole);
            if (hole == ErrorOffset)
                return null;
            at = Math.Min(hole, status.Size);
            runs.Add(new DataRun(data, at - data));
        }
        bool whole = runs.Count == 1 && runs[0].Offset == 0 && runs[0].Length == status.Size;
        return whole ? null : new SparseMap(runs, status.Size);
    }

    private ReadOnlyMemory<byte> Encode()
    {
        var text = new ByteBuffer(512);
        text.Append(Runs.Count);
        text.Append((byte)'\n');
        foreach (DataRun run in Runs)
        {
            text.Append(run.Offset);
            text.Append((byte)'\n');
            text.Append(run.Length);
            text.Append((byte)'\n');
        }
        text.AppendZeros(TarFormat.Padding(text.Length));
        return text.Memory;
    }
}
