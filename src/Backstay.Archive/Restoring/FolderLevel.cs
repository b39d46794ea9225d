namespace Backstay.Archive;

/// <summary>One of the folders between the target and the entry that is restored, on the machine.</summary>
internal sealed class FolderLevel(byte[] name)
{
    /// <summary>Its own name; empty for the target.</summary>
    public byte[] Name { get; } = name;

    /// <summary>The folder on the machine; -1 while it isn't there.</summary>
    public int Fd { get; set; } = -1;

    /// <summary>What the archive says of it; null for the target, and for folders that are ours.</summary>
    public EntryAttributes? Attributes { get; init; }

    public RestoreAction Action { get; set; }

    /// <summary>It is selected, or has been made: it gets what the archive says when it is left.</summary>
    public bool TakesAttributes { get; set; }

    /// <summary>It was made by this restore.</summary>
    public bool IsNew { get; set; }

    /// <summary>Something was put into it.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Its counterpart among what is kept aside; -1 while it has none.</summary>
    public int Aside { get; set; } = -1;

    /// <summary>What it was like before, when the counterpart was made just now; the counterpart gets that when it is left.</summary>
    public FileStatus? Former { get; set; }

    /// <summary>The private folder in it where entries are made; -1 while there is none.</summary>
    public int Staging { get; set; } = -1;

    /// <summary>The name of that folder among those of <see cref="StagedFiles"/>, if files are made ready in it.</summary>
    public long StagedIn { get; set; } = RestoreStep.NotStaged;

    /// <summary>It has been told of, as created or as blocked.</summary>
    public bool IsTold { get; set; }

    public void Close()
    {
        foreach (int fd in (ReadOnlySpan<int>)[Fd, Aside, Staging])
        {
            if (fd >= 0)
                _ = Libc.Close(fd);
        }
        Fd = Aside = Staging = -1;
    }
}

/// <summary>
/// The folders from the target down to where the last entry belongs. Archives are in the order of a walk: what is in a folder
/// comes behind it, before anything outside of it. An entry whose folder isn't on this stack was never below that folder on
/// any machine: so an archive can't put a link somewhere first, and then something through it.
/// </summary>
/// <param name="root">The target; the stack closes it.</param>
/// <param name="leave">Called for a folder that is left in good order, before it is closed; not for the target.</param>
internal sealed class FolderStack(FolderLevel root, Action<FolderStack, FolderLevel> leave) : IDisposable
{
    private const int MaxDepth = TreeWalker.MaxDepth + 64;
    private readonly List<FolderLevel> _levels = [root];

    public FolderLevel Top => _levels[^1];

    /// <summary>From the target on.</summary>
    public IReadOnlyList<FolderLevel> Levels => _levels;

    /// <summary>Leaves folders until the named one is on top; false, and nothing is left, if it isn't on the stack.</summary>
    /// <param name="folder">Path below the target; empty for the target.</param>
    public bool TryLeaveTo(ReadOnlySpan<byte> folder)
    {
        int depth = 1;
        ReadOnlySpan<byte> rest = folder;
        for (; !rest.IsEmpty && depth < _levels.Count; depth++)
        {
            int slash = rest.IndexOf((byte)'/');
            ReadOnlySpan<byte> first = slash < 0 ? rest : rest[..slash];
            if (!first.SequenceEqual(_levels[depth].Name))
                break;
            rest = slash < 0 ? [] : rest[(slash + 1)..];
        }
        if (!rest.IsEmpty)
            return false;
        LeaveTo(depth);
        return true;
    }

    public void Push(FolderLevel level)
    {
        if (_levels.Count > MaxDepth)
            throw new ArchiveException(ArchiveFault.TooLarge, $"The archive has folders more than {MaxDepth} deep.");
        _levels.Add(level);
    }

    /// <summary>Leaves all folders but the target.</summary>
    public void LeaveAll() => LeaveTo(1);

    /// <summary>Closes without a farewell: what was put in place isn't complete.</summary>
    public void Dispose()
    {
        foreach (FolderLevel level in _levels)
            level.Close();
        _levels.Clear();
    }

    private void LeaveTo(int depth)
    {
        while (_levels.Count > depth)
        {
            FolderLevel level = _levels[^1];
            leave(this, level);
            level.Close();
            _levels.RemoveAt(_levels.Count - 1);
        }
    }
}
