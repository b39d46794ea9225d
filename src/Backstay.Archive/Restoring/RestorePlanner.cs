using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// The first pass of a restore: compares each entry with the machine. Writes to the plan alone, and to <see cref="StagedFiles"/> if files
/// are to be made ready.
/// </summary>
internal sealed class RestorePlanner : IEntrySink, IDisposable
{
    private const int MaxToldFolders = 65_536;

    private readonly RestoreOptions _options;
    private readonly PlanSpool _spool;
    private readonly StagedFiles? _staged;
    private readonly EntryRecord _record = new();
    private readonly FolderStack _folders;
    private readonly LinkTargets<RestoreAction> _links = new();
    private readonly MachineComparison _machine;
    private readonly DiffMaker _diffs;
    private readonly HashSet<UInt128> _toldFolders = []; // an archive may have a folder several times
    private string _dumps = "";
    private ArchiveSection? _section;
    private RestoreCounts _counts;
    private long _number = -1;
    private bool _isSelected;

    /// <param name="staged">Where files are made ready; null if they aren't.</param>
    public RestorePlanner(RestoreOptions options, PlanSpool spool, StagedFiles? staged)
    {
        _options = options;
        _spool = spool;
        _staged = staged;
        _machine = new MachineComparison(options.RestoresOwner, new AttributeRestorer(options.RestoresOwner, Problems.Add));
        _diffs = new DiffMaker(options.WithDiffs);
        var root = new FolderLevel([]) { Fd = staged?.OpenTarget() ?? MachineFolder.OpenTarget(options.Target), IsTold = true };
        _folders = new FolderStack(root, (_, _) => { });
        staged?.RemoveLeftOver(root);
    }

    public ProblemList Problems { get; } = new();

    public RestoreCounts Counts => _counts;

    public void Dispose()
    {
        _folders.Dispose();
        _machine.Dispose();
    }

    public void Open(ArchiveManifest manifest) => _dumps = RestoreFolders.DumpsOf(manifest);

    public void Begin(TarEntry entry)
    {
        if (entry.Section is not { } section)
            return;
        if (section != _section)
        {
            _folders.LeaveAll();
            _links.Clear();
            _section = section;
        }
        _number++;
        EntryPlace place = EntryPlace.Of(entry, _folders);
        _isSelected = !place.Path.IsEmpty
            && _options.Selection.Selects(entry.Name.Span, section, entry.Kind == ArchiveEntryKind.Directory);
        _diffs.Begin(entry);
        if (_isSelected && entry.Kind == ArchiveEntryKind.File)
            _staged?.Begin(entry, _number, place, _folders, _dumps);
    }

    public void Write(TarEntry entry, ReadOnlySpan<byte> content, long offset)
    {
        _diffs.Take(content, offset);
        _staged?.Write(entry, content, offset);
    }

    public void End(TarEntry entry, ReadOnlySpan<byte> digest)
    {
        if (entry.Section is null)
            return;
        EntryPlace place = EntryPlace.Of(entry, _folders);
        RestoreAction action = place switch
        {
            { IsDump: true } => _isSelected ? JudgeDump(entry, place, digest) : RestoreAction.Skip,
            { Path.IsEmpty: true } => RestoreAction.Skip, // the root of the appliance: its owner and mode are the target's own
            _ when entry.Kind == ArchiveEntryKind.Directory => JudgeFolder(entry, place, _isSelected),
            _ => _isSelected ? Judge(entry, place, digest) : RestoreAction.Skip,
        };
        if (entry.LinkCount > 1 && !place.IsDump)
            _links.Add(entry, action);
        else if (entry.Kind == ArchiveEntryKind.HardLink && !_isSelected)
            _ = _links.Find(entry);
        _record.Write(entry, digest);
        _spool.AddStep(action, _staged?.End(entry, action) ?? RestoreStep.NotStaged, entry.Kind, _record);
    }

    private RestoreAction JudgeFolder(TarEntry entry, in EntryPlace place, bool selected)
    {
        FolderLevel parent = _folders.Top;
        var level = new FolderLevel(place.Leaf.ToArray()) { Attributes = EntryAttributes.Of(entry) };
        level.Action = OpenFolder(parent, level, place, selected, out RestoreDifferences differences);
        if (level.Action is RestoreAction.Create or RestoreAction.Replace)
        {
            TellMissing();
            level.IsTold = true;
        }
        if (level.Action.IsPlaced() && IsFirst(place.Path))
        {
            _counts = level.Action == RestoreAction.Change
                ? _counts with { FoldersChanged = _counts.FoldersChanged + 1 }
                : _counts with { FoldersCreated = _counts.FoldersCreated + 1 };
            Tell(level.Action, place.Display, entry, differences);
        }
        _folders.Push(level);
        return level.Action;
    }

    private RestoreAction OpenFolder(
        FolderLevel parent, FolderLevel level, in EntryPlace place, bool selected, out RestoreDifferences differences)
    {
        differences = RestoreDifferences.None;
        if (parent.Action == RestoreAction.Blocked)
        {
            level.IsTold = true;
            if (selected)
                TellBlocked();
            return RestoreAction.Blocked;
        }
        if (parent.Fd < 0)
            return selected ? RestoreAction.Create : RestoreAction.Skip;

        Errno error = MachineFolder.Open(parent.Fd, place.NullTerminatedLeaf, out int fd);
        level.Fd = fd;
        if (error == Errno.None)
        {
            _staged?.RemoveLeftOver(level);
            if (selected)
                differences = _machine.Compare(fd, level.Attributes!);
            return !selected ? RestoreAction.Skip : differences == 0 ? RestoreAction.Equal : RestoreAction.Change;
        }
        if (error == Errno.NoEntry)
            return selected ? RestoreAction.Create : RestoreAction.Skip;
        if (error is Errno.NotDirectory or Errno.Loop && selected
            && FileStatus.At(parent.Fd, place.NullTerminatedLeaf, out FileStatus status) == Errno.None && status.Type != FileType.SymbolicLink)
        {
            differences = RestoreDifferences.Kind;
            return RestoreAction.Replace;
        }
        if (selected)
            BlockedBy(entry: place.Path, level);
        return RestoreAction.Blocked;
    }

    private RestoreAction Judge(TarEntry entry, in EntryPlace place, ReadOnlySpan<byte> digest)
    {
        if (_folders.Top.Action == RestoreAction.Blocked)
        {
            TellBlocked();
            return RestoreAction.Skip;
        }
        if (entry.Kind is ArchiveEntryKind.CharacterDevice or ArchiveEntryKind.BlockDevice && !_options.AllowDevices)
        {
            Problems.Add(entry.Name.Span, "A device node; it is only made when devices are allowed.");
            return RestoreAction.Skip;
        }
        RestoreDifferences? differences;
        if (entry.Kind == ArchiveEntryKind.HardLink)
        {
            RestoreAction target = _links.Find(entry);
            if (target is RestoreAction.Skip or RestoreAction.Blocked)
            {
                Problems.Add(entry.Name.Span, $"Another name of '{DisplayName.Of(entry.LinkTarget.Span)}', which isn't restored: select that, too.");
                return RestoreAction.Skip;
            }
            differences = CompareLink(entry, place, target);
        }
        else
        {
            differences = _folders.Top.Fd < 0 ? null : _machine.Compare(_folders.Top.Fd, place.NullTerminatedLeaf, entry, digest);
        }
        TellMissing();
        return Tell(entry, place, _folders.Top.Fd, differences);
    }

    private RestoreAction JudgeDump(TarEntry entry, in EntryPlace place, ReadOnlySpan<byte> digest)
    {
        int folder = -1;
        if (_folders.Levels[0].Fd >= 0)
            folder = MachineFolder.OpenBelow(_folders.Levels[0].Fd, MachineFolder.DumpsFolderOf(_dumps, place.Path));
        try
        {
            RestoreDifferences? differences = folder < 0 ? null : _machine.Compare(folder, place.NullTerminatedLeaf, entry, digest);
            _counts = _counts with { Dumps = _counts.Dumps + 1 };
            return Tell(entry, place, folder, differences);
        }
        finally
        {
            if (folder >= 0)
                _ = Libc.Close(folder);
        }
    }

    /// <summary>A hard link is equal if it is the file that its first name is, and stays.</summary>
    private RestoreDifferences? CompareLink(TarEntry entry, in EntryPlace place, RestoreAction target)
    {
        if (_folders.Top.Fd < 0 || FileStatus.At(_folders.Top.Fd, place.NullTerminatedLeaf, out FileStatus there) == Errno.NoEntry)
            return null;
        ReadOnlySpan<byte> first = entry.LinkTarget.Span[(entry.LinkTarget.Span.IndexOf((byte)'/') + 1)..];
        int parent = MachineFolder.OpenBelow(_folders.Levels[0].Fd, MachineFolder.ParentOf(first));
        bool same = target == RestoreAction.Equal && parent >= 0
            && FileStatus.At(parent, MachineFolder.LeafOf(first), out FileStatus other) == Errno.None && MachineComparison.IsSame(there, other);
        if (parent >= 0)
            _ = Libc.Close(parent);
        return same ? RestoreDifferences.None : RestoreDifferences.Link;
    }

    private RestoreAction Tell(TarEntry entry, in EntryPlace place, int folder, RestoreDifferences? differences)
    {
        if (differences == RestoreDifferences.None)
        {
            _counts = _counts with { FilesEqual = _counts.FilesEqual + 1 };
            return RestoreAction.Equal;
        }
        RestoreAction action = differences is null ? RestoreAction.Create : RestoreAction.Replace;
        _counts = _counts with
        {
            FilesCreated = _counts.FilesCreated + (differences is null ? 1 : 0),
            FilesReplaced = _counts.FilesReplaced + (differences is null ? 0 : 1),
            Bytes = _counts.Bytes + entry.Size,
        };
        string path = place.IsDump ? $"/{_dumps}{place.Display}" : place.Display;
        string? diff = differences is { } some ? _diffs.Make(folder, place, some) : null;
        Tell(action, path, entry, differences ?? RestoreDifferences.None, diff);
        return action;
    }

    private void Tell(RestoreAction action, string path, TarEntry entry, RestoreDifferences differences, string? diff = null)
        => _spool.AddChange(new RestoreChange(action, path, entry.Kind, entry.Size, differences, diff));

    /// <summary>Folders that aren't selected are made as well, where something comes into them.</summary>
    private void TellMissing()
    {
        if (_folders.Top.Fd >= 0 || _folders.Top.IsTold)
            return; // then those above it are, too
        var path = new ByteBuffer(256);
        for (int i = 1; i < _folders.Levels.Count; i++)
        {
            FolderLevel level = _folders.Levels[i];
            path.Append((byte)'/');
            path.Append(level.Name);
            if (level.Fd >= 0 || level.IsTold)
                continue;
            level.IsTold = true;
            if (!IsFirst(path.Span[1..]))
                continue;
            _counts = _counts with { FoldersCreated = _counts.FoldersCreated + 1 };
            _spool.AddChange(new RestoreChange(
                RestoreAction.Create, DisplayName.Of(path.Span), ArchiveEntryKind.Directory, 0, RestoreDifferences.None, Diff: null));
        }
    }

    private void TellBlocked()
    {
        var path = new ByteBuffer(256);
        foreach (FolderLevel level in _folders.Levels.Skip(1))
        {
            path.Append((byte)'/');
            path.Append(level.Name);
            if (level.Action != RestoreAction.Blocked)
                continue;
            if (!level.IsTold)
                BlockedBy(path.Span[1..], level);
            return;
        }
    }

    private void BlockedBy(ReadOnlySpan<byte> entry, FolderLevel level)
    {
        level.IsTold = true;
        Problems.Add(
            [(byte)'/', .. entry],
            "A folder in the archive; here it is a link, or can't be opened. What is in it is left out. Remove the link, or restore to another target.");
    }

    private bool IsFirst(ReadOnlySpan<byte> path)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(path, digest);
        return _toldFolders.Count >= MaxToldFolders || _toldFolders.Add(BinaryPrimitives.ReadUInt128BigEndian(digest));
    }
}
