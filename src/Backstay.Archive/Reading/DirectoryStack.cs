namespace Backstay.Archive;

/// <summary>
/// The open folders from the target down to where the last entry went. The next entry shares most of them; those that it
/// leaves get their owner, mode and times then.
/// </summary>
internal sealed class DirectoryStack : IDisposable
{
    private const int MaxDepth = TreeWalker.MaxDepth + 64;

    private sealed record Level(byte[] Name, int Fd)
    {
        public EntryAttributes? Attributes { get; set; }
    }

    private readonly List<Level> _levels = [];
    private readonly uint _mode;
    private readonly AttributeRestorer _restorer;
    private readonly byte[] _leaf = new byte[256];

    public DirectoryStack(int root, uint mode, AttributeRestorer restorer)
    {
        _mode = mode;
        _restorer = restorer;
        _levels.Add(new Level([], root));
    }

    /// <summary>Goes to the folder that an entry names, making it; it gets the entry's attributes when it is left.</summary>
    public void Enter(TarEntry entry)
    {
        Walk(entry.Name.Span);
        _levels[^1].Attributes = EntryAttributes.Of(entry);
    }

    /// <summary>Descriptor of the folder that an entry goes into; stays the stack's.</summary>
    public int OpenParent(ReadOnlySpan<byte> name)
    {
        int slash = name.LastIndexOf((byte)'/');
        Walk(slash < 0 ? [] : name[..slash]);
        return _levels[^1].Fd;
    }

    /// <summary>A folder that exists already, for the caller to close; -1 if there is none without following links.</summary>
    public int OpenExisting(ReadOnlySpan<byte> name) => MachineFolder.OpenBelow(_levels[0].Fd, MachineFolder.ParentOf(name));

    /// <summary>The last component, null-terminated, valid until the next call.</summary>
    public ReadOnlySpan<byte> Leaf(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> leaf = name[(name.LastIndexOf((byte)'/') + 1)..];
        if (leaf.Length >= _leaf.Length)
            throw Extractor.CannotWrite(name, Errno.NameTooLong);
        leaf.CopyTo(_leaf);
        _leaf[leaf.Length] = 0;
        return _leaf.AsSpan(0, leaf.Length + 1);
    }

    public void LeaveAll() => Leave(1);

    /// <summary>Closes without giving anything its attributes: what was extracted isn't complete.</summary>
    public void Dispose()
    {
        foreach (Level level in _levels)
            _ = Libc.Close(level.Fd);
        _levels.Clear();
    }

    private void Walk(ReadOnlySpan<byte> folder)
    {
        int depth = 1;
        ReadOnlySpan<byte> rest = folder;
        for (; !rest.IsEmpty && depth < _levels.Count; depth++)
        {
            ReadOnlySpan<byte> first = FirstOf(rest);
            if (!first.SequenceEqual(_levels[depth].Name))
                break;
            rest = rest[Math.Min(first.Length + 1, rest.Length)..];
        }
        Leave(depth);
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> first = FirstOf(rest);
            _levels.Add(new Level(first.ToArray(), OpenOrMake(_levels[^1].Fd, first, folder)));
            rest = rest[Math.Min(first.Length + 1, rest.Length)..];
        }
    }

    private void Leave(int depth)
    {
        while (_levels.Count > depth)
        {
            Level level = _levels[^1];
            if (level.Attributes is { } attributes)
                _restorer.Restore(level.Fd, attributes);
            _ = Libc.Close(level.Fd);
            _levels.RemoveAt(_levels.Count - 1);
        }
    }

    private unsafe int OpenOrMake(int parent, ReadOnlySpan<byte> component, ReadOnlySpan<byte> folder)
    {
        if (_levels.Count > MaxDepth)
            throw new ArchiveException(ArchiveFault.TooLarge, $"The archive has folders more than {MaxDepth} deep.");
        ReadOnlySpan<byte> name = Leaf(component);
        fixed (byte* path = name)
        {
            if (Libc.MkDirAt(parent, path, _mode) != 0 && Libc.LastError != Errno.Exists)
                throw Extractor.CannotWrite(folder, Libc.LastError);
        }
        Errno error = LinuxFile.Open(parent, name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, out int fd);
        return error == Errno.None ? fd : throw Extractor.CannotWrite(folder, error);
    }

    private static ReadOnlySpan<byte> FirstOf(ReadOnlySpan<byte> path)
    {
        int slash = path.IndexOf((byte)'/');
        return slash < 0 ? path : path[..slash];
    }
}
