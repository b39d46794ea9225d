using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Backstay.Archive;

/// <summary>
/// Sorts records on disk: runs that fit into memory are sorted and written to a file without a name, then merged while they are
/// read. However many records there are, memory stays the same.
/// </summary>
/// <param name="folder">Of the file.</param>
/// <param name="runBytes">Records that are sorted in memory at a time.</param>
/// <param name="fanIn">Runs that are merged at a time.</param>
internal sealed class SortedSpool(string folder, int runBytes = SortedSpool.RunBytes, int fanIn = SortedSpool.FanIn) : IDisposable
{
    /// <summary>4 MiB: about 20,000 entries.</summary>
    public const int RunBytes = 4 * 1024 * 1024;

    /// <summary>Each run that is merged has 16 KiB of a buffer.</summary>
    public const int FanIn = 128;

    private readonly ByteBuffer _records = new(64 * 1024);
    private readonly List<int> _starts = [];
    private RunFile _file = new(folder);

    /// <summary>Runs on disk.</summary>
    public int RunCount => _file.Runs.Count;

    public void Dispose() => _file.Dispose();

    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _starts.Add(_records.Length);
        SpooledRecord.Append(_records, key, value);
        if (_records.Length >= runBytes)
            Spill();
    }

    /// <summary>No more records will come; until then they can't be read.</summary>
    public void Complete()
    {
        Spill();
        while (RunCount > fanIn)
            MergeSome();
    }

    /// <summary>The records by the bytes of their keys; those with the same key as they were added.</summary>
    public SortedReader Read() => new(_file.Handle, _file.Runs);

    private void Spill()
    {
        if (_starts.Count == 0)
            return;
        CollectionsMarshal.AsSpan(_starts).Sort(Compare);
        foreach (int start in _starts)
            _file.Write(RecordAt(start).Bytes);
        _file.EndRun();
        _starts.Clear();
        _records.Clear();
    }

    private int Compare(int left, int right)
    {
        int byKey = RecordAt(left).Key.SequenceCompareTo(RecordAt(right).Key);
        return byKey != 0 ? byKey : left.CompareTo(right);
    }

    private SpooledRecord RecordAt(int start) => SpooledRecord.At(_records.Span[start..]);

    private void MergeSome()
    {
        var merged = new RunFile(folder);
        try
        {
            foreach (FileRun[] runs in _file.Runs.Chunk(fanIn))
            {
                for (var reader = new SortedReader(_file.Handle, runs); reader.MoveNext();)
                    merged.Write(reader.Current.Bytes);
                merged.EndRun();
            }
        }
        catch
        {
            merged.Dispose();
            throw;
        }
        _file.Dispose();
        _file = merged;
    }

    private sealed class RunFile : IDisposable
    {
        private const int BufferSize = 64 * 1024;

        private readonly FileStream _writer;
        public RunFile(string folder)
        {
            Handle = LinuxFile.CreateUnnamed(folder);
            _writer = new FileStream(Handle, FileAccess.ReadWrite, BufferSize);
        }

        public SafeFileHandle Handle { get; }

        public List<FileRun> Runs { get; } = [];

        public void Write(ReadOnlySpan<byte> record) => _writer.Write(record);

        public void EndRun()
        {
            _writer.Flush();
            Runs.Add(new FileRun(Runs.Count == 0 ? 0 : Runs[^1].End, _writer.Position));
        }

        public void Dispose() => _writer.Dispose();
    }
}

/// <summary>Where a sorted run is in its file.</summary>
internal readonly record struct FileRun(long Start, long End);

/// <summary>Length of the key, length of the value, key, value.</summary>
internal readonly ref struct SpooledRecord
{
    public const int HeadLength = 2 * sizeof(int);

    private readonly int _keyLength;

    private SpooledRecord(ReadOnlySpan<byte> bytes, int keyLength)
    {
        Bytes = bytes;
        _keyLength = keyLength;
    }

    public ReadOnlySpan<byte> Bytes { get; }

    public ReadOnlySpan<byte> Key => Bytes.Slice(HeadLength, _keyLength);

    public ReadOnlySpan<byte> Value => Bytes[(HeadLength + _keyLength)..];

    /// <summary>The record that begins here.</summary>
    public static SpooledRecord At(ReadOnlySpan<byte> bytes) => new(bytes[..LengthOf(bytes)], BinaryPrimitives.ReadInt32LittleEndian(bytes));

    /// <summary>Its whole length, by its first <see cref="HeadLength"/> bytes.</summary>
    public static int LengthOf(ReadOnlySpan<byte> head)
        => HeadLength + BinaryPrimitives.ReadInt32LittleEndian(head) + BinaryPrimitives.ReadInt32LittleEndian(head[sizeof(int)..]);

    public static void Append(ByteBuffer to, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Span<byte> head = to.AppendZeros(HeadLength);
        BinaryPrimitives.WriteInt32LittleEndian(head, key.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(int)..], value.Length);
        to.Append(key);
        to.Append(value);
    }
}
