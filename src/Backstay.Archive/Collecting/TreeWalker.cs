namespace Backstay.Archive;

/// <summary>What a step of a walk found.</summary>
internal enum WalkStep
{
    /// <summary>A directory, open as <see cref="TreeWalker.DirectoryFd"/>; its content follows.</summary>
    Directory,

    /// <summary>Anything else, named <see cref="TreeWalker.Name"/> in <see cref="TreeWalker.ParentFd"/>.</summary>
    Entry,

    /// <summary>Something that can't be walked; <see cref="TreeWalker.Problem"/> says why.</summary>
    Problem,
}

/// <summary>
/// Walks a tree depth first. Every directory is opened by name in its parent's descriptor without following links, so that
/// nobody who can write below the root can lead the walk out of it. Memory depends on the depth alone.
/// </summary>
internal sealed class TreeWalker : IDisposable
{
    /// <summary>Directories that may be open within each other; each costs a descriptor and two buffers.</summary>
    public const int MaxDepth = 256;

    private readonly Stack<DirectoryFrame> _frames = new();
    private readonly ByteBuffer _path = new(1024);
    private readonly PathExcludes _excludes;
    private readonly int _rootParent;
    private bool _started;

    /// <param name="root">Absolute path without a slash at its end; empty for the root of the file system.</param>
    /// <param name="excludes">What is left out below it.</param>
    public TreeWalker(ReadOnlySpan<byte> root, PathExcludes excludes)
    {
        _excludes = excludes;
        _path.Append(root);
        NameStart = root.LastIndexOf((byte)'/') + 1;
        _rootParent = OpenParent(root);
    }

    /// <summary>Absolute path of the step; empty for the root of the file system.</summary>
    public ReadOnlySpan<byte> Path => _path.Span;

    /// <summary>Last component of the path, with the zero that the system wants.</summary>
    public ReadOnlySpan<byte> Name => _path.Length == 0 ? ".\0"u8 : _path.NullTerminated(NameStart);

    /// <summary>The directory that <see cref="Name"/> is in.</summary>
    public int ParentFd { get; private set; }

    /// <summary>The step's own descriptor, for <see cref="WalkStep.Directory"/>; stays the walker's.</summary>
    public int DirectoryFd { get; private set; }

    /// <summary>Status, for <see cref="WalkStep.Directory"/>.</summary>
    public FileStatus DirectoryStatus { get; private set; }

    /// <summary>
    /// Whether the directory is left empty although it holds something to keep: another file system is mounted there, and
    /// <see cref="PathExcludes.OneFileSystem"/> says not to enter it. What is in memory alone isn't worth a word.
    /// </summary>
    public bool DirectoryIsSkippedMount { get; private set; }

    /// <summary>What the directory says that an entry is, which may be out of date; 0 if it doesn't say.</summary>
    public FileType EntryType { get; private set; }

    public (WarningKind Kind, string Message) Problem { get; private set; }

    public WalkStep Step { get; private set; }

    private int NameStart { get; set; }

    /// <summary>Goes to the next step; false at the end.</summary>
    public bool MoveNext()
    {
        if (!_started)
        {
            _started = true;
            return Start();
        }
        while (_frames.TryPeek(out DirectoryFrame? frame))
        {
            _path.Truncate(frame.PathLength);
            if (!frame.TryNext(out ReadOnlySpan<byte> name, out byte type, out Errno error))
            {
                _frames.Pop().Dispose();
                if (error != Errno.None)
                    return Trouble(WarningKind.Unreadable, $"The folder could not be read to its end: {Libc.Describe(error)}.");
                continue;
            }
            _path.Append((byte)'/');
            NameStart = _path.Length;
            _path.Append(name);
            ParentFd = frame.Fd;
            // d_type is the type bits of the mode; some file systems leave it out
            EntryType = type == 0 ? TypeOf(frame.Fd, Name) : (FileType)(type << 12);
            bool isDirectory = EntryType == FileType.Directory;
            if (_excludes.Excludes(_path.Span, isDirectory))
                continue;
            if (isDirectory)
                return Enter(frame);
            Step = WalkStep.Entry;
            return true;
        }
        return false;
    }

    public void Dispose()
    {
        while (_frames.TryPop(out DirectoryFrame? frame))
            frame.Dispose();
        if (_rootParent >= 0)
            _ = Libc.Close(_rootParent);
    }

    private bool Start()
    {
        ParentFd = _rootParent;
        Errno error = Errno.NoEntry;
        FileStatus status = default;
        if (_rootParent >= 0)
            error = FileStatus.At(_rootParent, Name, out status);
        if (error is Errno.NoEntry or Errno.NotDirectory)
            return Trouble(WarningKind.Missing, "It doesn't exist.");
        if (error != Errno.None)
            return Trouble(WarningKind.Unreadable, $"It could not be looked at: {Libc.Describe(error)}.");
        if (status.Type == FileType.Directory)
            return Enter(null);
        Step = WalkStep.Entry;
        return true;
    }

    private bool Enter(DirectoryFrame? parent)
    {
        if (_frames.Count == MaxDepth)
            return Trouble(WarningKind.Limit, $"Folders more than {MaxDepth} deep are left out with what is in them.");
        int flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        Errno error = LinuxFile.Open(ParentFd, Name, flags, out int fd);
        FileStatus status = default;
        if (error == Errno.None)
            error = FileStatus.Of(fd, out status);
        if (error != Errno.None)
        {
            if (fd >= 0)
                _ = Libc.Close(fd);
            return error == Errno.NoEntry
                ? Trouble(WarningKind.Vanished, "It was removed while the backup ran.")
                : Trouble(WarningKind.Unreadable, $"The folder could not be opened: {Libc.Describe(error)}.");
        }
        bool mounted = parent is null || parent.FileSystem != status.FileSystem;
        if (mounted && PseudoFileSystem.NameOf(fd) is { } pseudo)
        {
            _ = Libc.Close(fd);
            return Trouble(WarningKind.PseudoFileSystem, $"A {pseudo} file system holds no stored data; it is left out.");
        }
        bool skipped = parent is not null && mounted && _excludes.OneFileSystem;
        DirectoryFd = fd;
        DirectoryStatus = status;
        DirectoryIsSkippedMount = skipped && !PseudoFileSystem.IsVolatile(fd) && !IsAllBelowExcluded();
        var frame = new DirectoryFrame(fd, status.FileSystem, _path.Length) { IsSkipped = skipped };
        _frames.Push(frame);
        Step = WalkStep.Directory;
        return true;
    }

    /// <summary><c>/srv/**</c> leaves all below a folder out and keeps the folder itself.</summary>
    private bool IsAllBelowExcluded()
    {
        int length = _path.Length;
        _path.Append("/any name"u8);
        bool excluded = _excludes.Excludes(_path.Span, isDirectory: false);
        _path.Truncate(length);
        return excluded;
    }

    private bool Trouble(WarningKind kind, string message)
    {
        Problem = (kind, message);
        Step = WalkStep.Problem;
        return true;
    }

    private static FileType TypeOf(int directory, ReadOnlySpan<byte> name)
        => FileStatus.At(directory, name, out FileStatus status) == Errno.None ? status.Type : 0;

    /// <summary>Links above the root are the operator's own and are followed.</summary>
    private static unsafe int OpenParent(ReadOnlySpan<byte> root)
    {
        int slash = root.LastIndexOf((byte)'/');
        byte[] parent = new byte[Math.Max(slash, 1) + 1];
        parent[0] = (byte)'/';
        if (slash > 0)
            root[..slash].CopyTo(parent);
        fixed (byte* path = parent)
            return Libc.Open(path, OpenFlags.PathOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0);
    }
}
