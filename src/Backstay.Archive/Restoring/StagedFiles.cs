using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Backstay.Archive;

/// <summary>
/// The files of an archive that isn't proven yet, made ready while it is read: once it is proven a rename gives each its place, and the
/// archive need not be read again. A file waits in the private folder (<see cref="Staging"/>) of the folder that it will be in, or of the
/// nearest one above it that is there, as a rename can't leave a file system. It has no owner, mode or attributes but ours until
/// the archive is proven. Holds the lock of the target. What is left goes with it; what a run that was cut off left, the next one removes.
/// </summary>
internal sealed unsafe class StagedFiles : IDisposable
{
    private readonly RestoreOptions _options;
    private readonly Staging _staging = new();
    private readonly FileStream _folders; // their paths below the target, each behind its length
    private readonly int _target;
    private readonly bool _isNewTarget;
    private readonly string _run = $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))}-"; // tells its files from those of others before
    private FolderLevel? _filling;
    private FolderLevel? _dumps;
    private FolderLevel _emptying = new([]);
    private byte[] _name = [];
    private long _ready;

    /// <exception cref="ArchiveException">The target can't be used.</exception>
    /// <exception cref="IOException">The spool folder can't be written.</exception>
    public StagedFiles(RestoreOptions options)
    {
        _options = options;
        _target = MachineFolder.LockTarget(options.Target, out _isNewTarget);
        try
        {
            _folders = new FileStream(LinuxFile.CreateUnnamed(options.SpoolFolder), FileAccess.ReadWrite, bufferSize: 4096);
        }
        catch
        {
            _ = Libc.Close(_target);
            throw;
        }
    }

    /// <summary>Opens the target that is locked.</summary>
    public int OpenTarget() => MachineFolder.OpenBelow(_target, []);

    /// <summary>Removes what a run before this one left in a folder.</summary>
    public void RemoveLeftOver(FolderLevel level) => Staging.RemoveWhere(level, name => !IsOurs(name));

    /// <summary>
    /// Begins to make a file ready, unless one of that size is in its place: that is most likely the same. If it isn't, the archive is read again
    /// for it, as for one that can't be made ready.
    /// </summary>
    /// <param name="number">Of the entry.</param>
    /// <param name="folders">The folder that it is in is on top.</param>
    /// <param name="dumps">Where dumps of this archive go: <see cref="RestoreFolders.DumpsOf"/>.</param>
    public void Begin(TarEntry entry, long number, in EntryPlace place, FolderStack folders, string dumps)
    {
        bool isBlocked = !place.IsDump && folders.Top.Action == RestoreAction.Blocked;
        if (isBlocked || IsLikelyThere(entry, place, folders, dumps))
            return;
        FolderLevel nearest = place.IsDump ? _dumps ??= NearestOf(dumps) : NearestOf(folders);
        if (nearest.StagedIn == RestoreStep.NotStaged)
            nearest.StagedIn = AddFolder(place.IsDump ? nearest.Name : PathOf(nearest, folders));
        _filling = nearest;
        _name = NameOf(nearest, number);
        TakeOrAbandon(entry, _staging.BeginFile(nearest, _name));
    }

    /// <summary>Content of an entry, if it is made ready.</summary>
    public void Write(TarEntry entry, ReadOnlySpan<byte> content, long offset)
    {
        if (_staging.IsOpen)
            TakeOrAbandon(entry, _staging.Write(content, offset));
    }

    /// <summary>An entry ends.</summary>
    /// <param name="action">What becomes of it.</param>
    /// <returns>Where it is ready: its <see cref="RestoreStep.StagedIn"/>.</returns>
    public long End(TarEntry entry, RestoreAction action)
    {
        long place = RestoreStep.NotStaged;
        if (_staging.IsOpen && action.IsPlaced() && _staging.EndFile(entry, attributes: null) == Errno.None)
        {
            place = _filling!.StagedIn;
            _filling = null;
            _ready++;
        }
        Abandon();
        return place;
    }

    /// <summary>Whether all that is ready is still there: what is run before the restore may have emptied its folders.</summary>
    public bool IsWhole()
    {
        long found = 0;
        ForEachFolder(folder => found += Staging.Count(folder, name => name.StartsWith(PrefixOf(folder), StringComparison.Ordinal)));
        return found == _ready;
    }

    /// <summary>Gives a file that is ready what its entry says, but for its place.</summary>
    public Errno Finish(RestoreStep step, TarEntry entry, AttributeRestorer attributes)
    {
        if (_emptying.StagedIn != step.StagedIn)
            OpenFolder(step.StagedIn);
        Errno error = _emptying.Fd < 0 ? Errno.NoEntry : Staging.Open(_emptying);
        if (error != Errno.None)
            return error;
        _name = NameOf(_emptying, step.Number);
        fixed (byte* path = _name)
        {
            int file = Libc.OpenAt(_emptying.Staging, path, OpenFlags.WriteOnly | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0);
            if (file < 0)
                return Libc.LastError;
            attributes.Restore(file, EntryAttributes.Of(entry));
            _ = Libc.Close(file);
            return Errno.None;
        }
    }

    /// <summary>Renames the file that was finished over what is in its place.</summary>
    /// <param name="leaf">Null-terminated.</param>
    public Errno Publish(FolderLevel level, ReadOnlySpan<byte> leaf) => Staging.Publish(_emptying.Staging, _name, level, leaf);

    public void Dispose()
    {
        Abandon();
        ForEachFolder(folder => Staging.RemoveWhere(folder, IsOurs));
        _dumps?.Close();
        _folders.Dispose();
        _ = Libc.Close(_target);
        if (_isNewTarget)
            MachineFolder.RemoveEmptyTarget(_options.Target);
    }

    private void TakeOrAbandon(TarEntry entry, Errno error)
    {
        Staging.ThrowIfFull(entry, error, "Nothing was put in place");
        if (error != Errno.None)
            Abandon();
    }

    private void Abandon()
    {
        _staging.Abandon();
        if (_filling is { Staging: >= 0 })
        {
            fixed (byte* path = _name)
                _ = Libc.UnlinkAt(_filling.Staging, path, 0);
        }
        _filling = null;
    }

    private void ForEachFolder(Action<FolderLevel> visit)
    {
        long end = _folders.Length;
        for (long place = 0; place < end; place = _folders.Position)
        {
            OpenFolder(place);
            visit(_emptying);
        }
        _emptying.Close();
        _emptying = new FolderLevel([]);
    }

    private bool IsOurs(string name) => name.StartsWith(_run, StringComparison.Ordinal);

    private bool IsLikelyThere(TarEntry entry, in EntryPlace place, FolderStack folders, string dumps)
    {
        int folder = place.IsDump ? MachineFolder.OpenBelow(_target, MachineFolder.DumpsFolderOf(dumps, place.Path)) : folders.Top.Fd;
        bool isThere = folder >= 0 && FileStatus.At(folder, place.NullTerminatedLeaf, out FileStatus there) == Errno.None
            && there.Type == FileType.Regular && there.Size == entry.Size;
        if (place.IsDump && folder >= 0)
            _ = Libc.Close(folder);
        return isThere;
    }

    private static FolderLevel NearestOf(FolderStack folders)
    {
        int depth = folders.Levels.Count - 1;
        while (folders.Levels[depth].Fd < 0)
            depth--;
        return folders.Levels[depth];
    }

    private FolderLevel NearestOf(string dumps)
    {
        byte[] path = Encoding.UTF8.GetBytes(dumps);
        int fd = MachineFolder.OpenNearest(_target, path, out int length);
        return new FolderLevel(path[..length]) { Fd = fd };
    }

    private static ReadOnlySpan<byte> PathOf(FolderLevel folder, FolderStack folders)
    {
        var path = new ByteBuffer(256);
        for (int i = 1; folders.Levels[i - 1] != folder; i++)
        {
            path.Append(path.Length == 0 ? [] : "/"u8);
            path.Append(folders.Levels[i].Name);
        }
        return path.Span;
    }

    private long AddFolder(ReadOnlySpan<byte> path)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, path.Length);
        long place = _folders.Position;
        _folders.Write(length);
        _folders.Write(path);
        return place;
    }

    private void OpenFolder(long place)
    {
        _emptying.Close();
        _folders.Position = place;
        Span<byte> length = stackalloc byte[sizeof(int)];
        _folders.ReadExactly(length);
        byte[] path = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        _folders.ReadExactly(path);
        _emptying = new FolderLevel([]) { Fd = MachineFolder.OpenBelow(_target, path), StagedIn = place };
    }

    private byte[] NameOf(FolderLevel folder, long number) => Encoding.ASCII.GetBytes($"{PrefixOf(folder)}{number:x}\0");

    /// <summary>An archive may have a folder several times: each time counts its own.</summary>
    private string PrefixOf(FolderLevel folder) => $"{_run}{folder.StagedIn:x}-";
}
