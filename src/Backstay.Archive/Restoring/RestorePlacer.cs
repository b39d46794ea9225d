using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// Puts in place what the plan says, each entry whole or not at all: from a second pass over the archive, or, if all files are ready, from
/// what the plan has kept of its entries.
/// </summary>
internal sealed class RestorePlacer : IEntrySink, IDisposable
{
    private const string Whole = "What is in place is whole";

    private readonly RestorePlan _plan;
    private readonly StagedFiles? _staged;
    private readonly EntryRecord _record = new();
    private readonly RestoreStep _step = new();
    private readonly AttributeRestorer _attributes;
    private readonly AsideFolder _aside;
    private readonly Staging _staging = new();
    private readonly FolderStack _folders;
    private readonly FolderStack _dumps;
    private readonly TouchedFileSystems _touched = new();
    private readonly LinkTargets<bool> _links = new();
    private readonly string _dumpsPath;
    private readonly int _target;
    private ArchiveSection? _section;

    public RestorePlacer(RestorePlan plan)
    {
        _plan = plan;
        _plan.Spool.Rewind();
        _dumpsPath = RestoreFolders.DumpsOf(plan.Verification.Manifest);
        _attributes = new AttributeRestorer(plan.Options.RestoresOwner, Problems.Add);
        _staged = plan.TakeStaged();
        _target = _staged?.OpenTarget() ?? MachineFolder.LockTarget(plan.Options.Target, out _);
        _folders = new FolderStack(new FolderLevel([]) { Fd = _target }, Leave);
        _dumps = new FolderStack(new FolderLevel([]), Leave);
        _aside = new AsideFolder(_target, plan.Options.AsideName, _attributes);
    }

    public ProblemList Problems { get; } = new();

    public long Placed { get; private set; }

    /// <summary>What comes after this in the archive stays as it is on the machine.</summary>
    public bool IsDone => _step.Number + 1 >= _plan.Spool.StepsToPlace;

    /// <summary>Nothing of the archive itself is needed any more.</summary>
    public bool IsReady => _staged is not null && _plan.Spool.IsReady;

    private bool IsStaged => _staged is not null && _step.StagedIn != RestoreStep.NotStaged;

    /// <summary>Full path of the folder with what was replaced; null if nothing was.</summary>
    public string? Aside => _aside.IsUsed
        ? Path.Combine(Path.GetFullPath(_plan.Options.Target), RestoreFolders.Work, _plan.Options.AsideName)
        : null;

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
        if (!_plan.Spool.TryRead(_step))
            throw Changed();
        EntryPlace place = EntryPlace.Of(entry, _folders);
        if (entry.Kind != ArchiveEntryKind.File)
            Prove(entry, []);
        if (entry.Kind == ArchiveEntryKind.Directory)
            PlaceFolder(entry, place);
        else if (entry.Kind == ArchiveEntryKind.File && _step.Action.IsPlaced() && !IsStaged && OpenFolder(entry, place) is { } folder)
            Succeeds(entry, _staging.BeginFile(folder));
    }

    public void Write(TarEntry entry, ReadOnlySpan<byte> content, long offset)
    {
        if (_staging.IsOpen && !Succeeds(entry, _staging.Write(content, offset)))
            _staging.Abandon();
    }

    public void End(TarEntry entry, ReadOnlySpan<byte> digest)
    {
        if (entry.Section is null || entry.Kind == ArchiveEntryKind.Directory)
            return;
        if (entry.Kind == ArchiveEntryKind.File)
            Prove(entry, digest);
        EntryPlace place = EntryPlace.Of(entry, _folders);
        bool isThere = _step.Action == RestoreAction.Equal && IsStillThere(entry, place);
        if (_step.Action.IsPlaced())
        {
            isThere = entry.Kind switch
            {
                ArchiveEntryKind.File when IsStaged => OpenFolder(entry, place) is not null && Succeeds(entry, _staged!.Finish(_step, entry, _attributes)),
                ArchiveEntryKind.File => _staging.IsOpen && Succeeds(entry, _staging.EndFile(entry, _attributes)),
                ArchiveEntryKind.HardLink => MakeLink(entry, place),
                _ => OpenFolder(entry, place) is { } folder && Succeeds(entry, Staging.MakeNode(folder, entry, _attributes)),
            } && Publish(entry, place);
            Placed += isThere ? 1 : 0;
        }
        if (entry.LinkCount > 1 && !place.IsDump)
            _links.Add(entry, isThere);
        if (place.IsDump)
            _dumps.LeaveAll();
    }

    /// <summary>Puts in place what is ready.</summary>
    /// <param name="placed">Told how many entries are done.</param>
    public void PlaceReady(Action<long> placed, CancellationToken cancellationToken)
    {
        var entry = new TarEntry();
        while (!IsDone)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _plan.Spool.ReadEntry(entry);
            Begin(entry);
            End(entry, []);
            placed(_step.Number + 1);
        }
    }

    /// <summary>Gives the folders that are still open what their entries say, and makes everything survive a power cut.</summary>
    public void Complete()
    {
        _folders.LeaveAll();
        Leave(_folders, _folders.Top); // the target itself
        _touched.Flush();
    }

    public void Dispose()
    {
        _staging.Abandon();
        foreach (FolderLevel level in _folders.Levels.Concat(_dumps.Levels)) // still there when this was cut off
        {
            Staging.Remove(level);
            AsideFolder.Leave(level);
        }
        _staged?.Dispose();
        _aside.Dispose();
        _touched.Dispose();
        _dumps.Dispose();
        _folders.Dispose();
    }

    /// <summary>What was equal when it was compared: what was run before the restore may have written to it since, or removed it.</summary>
    private bool IsStillThere(TarEntry entry, in EntryPlace place)
    {
        if (place.IsDump)
            return true; // among what is ours
        bool isThere = MachineComparison.IsUnchanged(_folders.Top.Fd, place.NullTerminatedLeaf, _plan.Spool.Began);
        if (!isThere)
            Problems.Add(entry.Name.Span, "It was as the backup has it when it was compared, and was changed or removed since. Restore again.");
        return isThere;
    }

    private void PlaceFolder(TarEntry entry, in EntryPlace place)
    {
        if (place.Path.IsEmpty)
            return;
        FolderLevel parent = _folders.Top;
        var level = new FolderLevel(place.Leaf.ToArray()) { Attributes = EntryAttributes.Of(entry), Action = _step.Action };
        if (_step.Action == RestoreAction.Replace)
            MakeRoom(entry, place);
        _folders.Push(level);
        if (parent.Fd >= 0 && _step.Action != RestoreAction.Blocked
            && MachineFolder.Open(parent.Fd, place.NullTerminatedLeaf, out int fd) == Errno.None)
        {
            level.Fd = fd;
            if (_staged is null)
                Staging.RemoveWhere(level, _ => true);
        }
        level.TakesAttributes = _step.Action is not RestoreAction.Skip;
        level.IsTouched = _step.Action.IsPlaced();
        if (_step.Action is RestoreAction.Create or RestoreAction.Replace)
            Succeeds(entry, MakeFolders());
        else if (_step.Action == RestoreAction.Change && level.Fd >= 0 && Succeeds(entry, _aside.KeepFolder(_folders)))
            Placed++;
    }

    /// <summary>Keeps aside what isn't a folder in the place of one, and takes it away: nothing can be renamed over it.</summary>
    private unsafe void MakeRoom(TarEntry entry, in EntryPlace place)
    {
        byte[] leaf = place.NullTerminatedLeaf;
        if (!Succeeds(entry, MakeFolders()) || !KeepAside(entry, leaf))
            return;
        fixed (byte* path = leaf)
            _ = Libc.UnlinkAt(_folders.Top.Fd, path, 0); // if it isn't gone, the folder can't be made, which is told
    }

    /// <summary>Makes the folders on the stack that aren't there.</summary>
    private Errno MakeFolders()
    {
        for (int i = 1; i < _folders.Levels.Count; i++)
        {
            FolderLevel level = _folders.Levels[i];
            if (level.Fd >= 0)
                continue;
            _folders.Levels[i - 1].IsTouched = true;
            Errno error = MachineFolder.Make(_folders.Levels[i - 1].Fd, [.. level.Name, 0], out int fd, out bool isNew);
            if (error != Errno.None)
                return error;
            level.Fd = fd;
            level.IsNew = isNew;
            level.TakesAttributes |= isNew;
            Placed += isNew ? 1 : 0;
        }
        return Errno.None;
    }

    /// <summary>The folder that an entry goes into, made where it isn't there; null, and a problem, if it can't be had.</summary>
    private FolderLevel? OpenFolder(TarEntry entry, in EntryPlace place)
    {
        if (!place.IsDump)
        {
            _folders.Top.IsTouched = true;
            return Succeeds(entry, MakeFolders()) ? _folders.Top : null;
        }
        int fd = MachineFolder.MakeWork(_target, MachineFolder.DumpsFolderOf(_dumpsPath, place.Path));
        _dumps.Push(new FolderLevel([.. "dumps"u8]) { Fd = fd, IsTouched = true });
        return Succeeds(entry, fd >= 0 ? Errno.None : Errno.AccessDenied) ? _dumps.Top : null;
    }

    private bool MakeLink(TarEntry entry, in EntryPlace place)
    {
        if (!_links.Find(entry))
        {
            Problems.Add(entry.Name.Span, $"Another name of '{DisplayName.Of(entry.LinkTarget.Span)}', which could not be restored.");
            return false;
        }
        if (OpenFolder(entry, place) is not { } folder)
            return false;
        ReadOnlySpan<byte> first = entry.LinkTarget.Span[(entry.LinkTarget.Span.IndexOf((byte)'/') + 1)..];
        int parent = MachineFolder.OpenBelow(_target, MachineFolder.ParentOf(first));
        bool made = Succeeds(entry, parent < 0 ? Errno.NoEntry : Staging.MakeLink(folder, parent, MachineFolder.LeafOf(first)));
        if (parent >= 0)
            _ = Libc.Close(parent);
        return made;
    }

    /// <summary>Keeps aside what is in the place of an entry, and renames what was made over it.</summary>
    private bool Publish(TarEntry entry, in EntryPlace place)
    {
        byte[] leaf = place.NullTerminatedLeaf;
        FolderLevel folder = place.IsDump ? _dumps.Top : _folders.Top;
        if (!place.IsDump && !KeepAside(entry, leaf))
        {
            Staging.Clear(folder);
            return false;
        }
        return Succeeds(entry, entry.Kind == ArchiveEntryKind.File && IsStaged
            ? _staged!.Publish(folder, leaf)
            : Staging.Publish(folder, leaf, isLink: entry.Kind == ArchiveEntryKind.HardLink));
    }

    private bool KeepAside(TarEntry entry, byte[] leaf)
    {
        if (_folders.Top.IsNew || FileStatus.At(_folders.Top.Fd, leaf, out FileStatus status) == Errno.NoEntry)
            return true;
        Errno error = _aside.Keep(_folders, leaf, status);
        Staging.ThrowIfFull(entry, error, Whole);
        if (error != Errno.None)
        {
            Problems.Add(
                entry.Name.Span, $"Not restored: what is in its place could not be kept aside ({Libc.Describe(error)}). Move it away and restore again.");
        }
        return error == Errno.None;
    }

    private void Leave(FolderStack folders, FolderLevel level)
    {
        Staging.Remove(level);
        if (_staged is not null && level is { Fd: >= 0, IsNew: false })
            Staging.RemoveWhere(level, _ => false); // that of files that were ready; before the folder gets its time
        AsideFolder.Leave(level);
        if (level.Fd < 0 || !level.IsTouched)
            return;
        if (level.TakesAttributes && level.Attributes is { } attributes)
        {
            if (level.Action == RestoreAction.Change)
                _attributes.RemoveOthers(level.Fd, attributes);
            _attributes.Restore(level.Fd, attributes);
        }
        _touched.Add(level.Fd);
    }

    /// <summary>What is put in place is what was proven, to the bit.</summary>
    private void Prove(TarEntry entry, ReadOnlySpan<byte> content)
    {
        if (IsReady)
            return; // the entry is the plan's own
        _record.Write(entry, content);
        if (!CryptographicOperations.FixedTimeEquals(_record.Digest, _step.Digest))
            throw Changed();
    }

    /// <summary>One entry that can't be had is a problem, and the others go on; a full disk is the end.</summary>
    private bool Succeeds(TarEntry entry, Errno error)
    {
        Staging.ThrowIfFull(entry, error, Whole);
        if (error != Errno.None)
            Problems.Add(entry.Name.Span, $"Not restored: {Libc.Describe(error)}.");
        return error == Errno.None;
    }

    public static ArchiveException Changed() => new(
        ArchiveFault.Damaged, "The archive changed while it was restored. What is in place until now is whole and was proven; get the archive again.");
}
