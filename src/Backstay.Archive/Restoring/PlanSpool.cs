using System.Text.Json;

namespace Backstay.Archive;

/// <summary>
/// A plan on disk, in two files without a name: for each entry of a section what becomes of it and its digest (33 bytes), and the
/// changes to the machine as lines of JSON. Half a million entries need no memory.
/// </summary>
internal sealed class PlanSpool : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int StepLength = 1 + EntryDigest.Length;

    private readonly FileStream _steps;
    private readonly FileStream _changes;
    private readonly byte[] _step = new byte[StepLength];
    private long _count;

    public PlanSpool(string folder)
    {
        _steps = new FileStream(LinuxFile.CreateUnnamed(folder), FileAccess.ReadWrite, BufferSize);
        _changes = new FileStream(LinuxFile.CreateUnnamed(folder), FileAccess.ReadWrite, BufferSize);
    }

    /// <summary>How many steps there are up to the last one that puts something in place.</summary>
    public long StepsToPlace { get; private set; }

    public void AddStep(RestoreAction action, ReadOnlySpan<byte> digest)
    {
        _step[0] = (byte)action;
        digest.CopyTo(_step.AsSpan(1));
        _steps.Write(_step);
        _count++;
        if (action.IsPlaced())
            StepsToPlace = _count;
    }

    public void AddChange(RestoreChange change)
    {
        JsonSerializer.Serialize(_changes, change, RestoreJson.Default.RestoreChange);
        _changes.WriteByte((byte)'\n');
    }

    /// <summary>Goes back to the first step, for reading.</summary>
    public void Rewind()
    {
        _steps.Flush();
        _steps.Position = 0;
    }

    /// <summary>The next step; false after the last.</summary>
    /// <param name="digest">Valid until the next call.</param>
    public bool TryReadStep(out RestoreAction action, out ReadOnlySpan<byte> digest)
    {
        bool read = _steps.ReadAtLeast(_step, StepLength, throwOnEndOfStream: false) == StepLength;
        action = (RestoreAction)_step[0];
        digest = _step.AsSpan(1);
        return read;
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
    }
}
