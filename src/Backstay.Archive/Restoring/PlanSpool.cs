using System.Buffers.Binary;
using System.Text.Json;

namespace Backstay.Archive;

/// <summary>What becomes of an entry of a section. One that is read again and again.</summary>
internal sealed class RestoreStep
{
    public const long NotStaged = -1;

    /// <summary>Which entry of all that are in a section, from 0.</summary>
    public long Number { get; set; } = -1;

    public RestoreAction Action { get; set; }

    /// <summary>The folder of <see cref="StagedFiles"/> where its content is ready; <see cref="NotStaged"/> if it isn't.</summary>
    public long StagedIn { get; set; } = NotStaged;

    /// <summary>SHA-256 of its <see cref="EntryRecord"/>.</summary>
    public byte[] Digest { get; } = new byte[EntryRecord.DigestLength];
}

/// <summary>
/// A plan on disk, in files without a name: for each entry of a section what becomes of it and its digest (41 bytes), the changes to the
/// machine as lines of JSON, and the entries themselves if files are made ready. Half a million entries need no memory.
/// </summary>
internal sealed class PlanSpool : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int StepLength = 1 + sizeof(long) + EntryRecord.DigestLength;

    private readonly FileStream _steps;
    private readonly FileStream _changes;
    private readonly FileStream? _entries;
    private readonly byte[] _step = new byte[StepLength];
    private byte[] _entry = new byte[1024];
    private long _count;
    private bool _isReady = true;

    /// <param name="withEntries">Files are made ready: keep the entries, so that the archive need not be read for them again.</param>
    public PlanSpool(string folder, bool withEntries)
    {
        _steps = Create(folder);
        _changes = Create(folder);
        _entries = withEntries ? Create(folder) : null;
        _ = FileStatus.Of((int)_steps.SafeFileHandle.DangerousGetHandle(), out FileStatus made);
        Began = made.Changed;
    }

    /// <summary>When planning began, by the clock of files.</summary>
    public FileTime Began { get; }

    /// <summary>How many steps there are up to the last one that puts something in place, or that found it there.</summary>
    public long StepsToPlace { get; private set; }

    /// <summary>Every file that gets a place is ready: the archive has nothing more to give.</summary>
    public bool IsReady => _entries is not null && _isReady;

    /// <param name="kind">What the entry is.</param>
    /// <param name="record">It, written down.</param>
    public void AddStep(RestoreAction action, long stagedIn, ArchiveEntryKind kind, EntryRecord record)
    {
        _step[0] = (byte)action;
        BinaryPrimitives.WriteInt64LittleEndian(_step.AsSpan(1), stagedIn);
        record.Digest.CopyTo(_step.AsSpan(1 + sizeof(long)));
        _steps.Write(_step);
        _count++;
        if (action.IsPlaced() || action == RestoreAction.Equal)
        {
            StepsToPlace = _count;
            _isReady &= kind != ArchiveEntryKind.File || action == RestoreAction.Equal || stagedIn != RestoreStep.NotStaged;
        }
        if (_entries is not null)
            WriteEntry(_entries, record.Bytes);
    }

    public void AddChange(RestoreChange change)
    {
        JsonSerializer.Serialize(_changes, change, RestoreJson.Default.RestoreChange);
        _changes.WriteByte((byte)'\n');
    }

    /// <summary>Goes back to the first step, for reading.</summary>
    public void Rewind()
    {
        foreach (FileStream? file in (FileStream?[])[_steps, _entries])
        {
            file?.Flush();
            file?.Seek(0, SeekOrigin.Begin);
        }
    }

    /// <summary>The next step; false after the last.</summary>
    public bool TryRead(RestoreStep step)
    {
        if (_steps.ReadAtLeast(_step, StepLength, throwOnEndOfStream: false) < StepLength)
            return false;
        step.Number++;
        step.Action = (RestoreAction)_step[0];
        step.StagedIn = BinaryPrimitives.ReadInt64LittleEndian(_step.AsSpan(1));
        _step.AsSpan(1 + sizeof(long)).CopyTo(step.Digest);
        return true;
    }

    /// <summary>The entry of the next step, if entries are kept.</summary>
    public void ReadEntry(TarEntry entry)
    {
        _entries!.ReadExactly(_entry, 0, sizeof(int));
        int length = BinaryPrimitives.ReadInt32LittleEndian(_entry);
        if (_entry.Length < length)
            _entry = new byte[length];
        _entries.ReadExactly(_entry, 0, length);
        EntryRecord.Read(_entry.AsSpan(0, length), entry);
    }

    /// <summary>The changes, in the order of the archive. One enumeration at a time.</summary>
    public IEnumerable<RestoreChange> ReadChanges()
    {
        _changes.Flush();
        _changes.Position = 0;
        using var lines = new StreamReader(_changes, leaveOpen: true);
        while (lines.ReadLine() is { } line)
            yield return JsonSerializer.Deserialize(line, RestoreJson.Default.RestoreChange)!;
    }

    public void Dispose()
    {
        _steps.Dispose();
        _changes.Dispose();
        _entries?.Dispose();
    }

    private static void WriteEntry(FileStream entries, ReadOnlySpan<byte> record)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, record.Length);
        entries.Write(length);
        entries.Write(record);
    }

    private static FileStream Create(string folder) => new(LinuxFile.CreateUnnamed(folder), FileAccess.ReadWrite, BufferSize);
}
