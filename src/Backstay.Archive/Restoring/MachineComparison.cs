using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>Compares what is on the machine with what an archive says. Links aren't followed, pipes and devices not opened.</summary>
internal sealed class MachineComparison(bool restoreOwner, AttributeRestorer attributes) : IDisposable
{
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly byte[] _digest = new byte[32];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<ExtendedAttribute> _found = [];
    private readonly ByteBuffer _target = new(256);

    public void Dispose() => _hash.Dispose();

    /// <summary>Compares a folder that is open.</summary>
    public RestoreDifferences Compare(int fd, EntryAttributes entry)
    {
        if (FileStatus.Of(fd, out FileStatus status) != Errno.None)
            return RestoreDifferences.Mode;
        _found.Clear();
        _ = ExtendedAttributes.Read(fd, _found); // what can't be read isn't there
        return OfOwnerAndMode(status, entry.Uid, entry.Gid, entry.Permissions) | OfAttributes(entry.Extended);
    }

    /// <summary>Compares anything but a folder; null if nothing is there.</summary>
    /// <param name="parent">The folder that it is in.</param>
    /// <param name="leaf">Its name, null-terminated.</param>
    /// <param name="entry">Read to its end, and no hard link.</param>
    /// <param name="digest">SHA-256 of a file's content.</param>
    public RestoreDifferences? Compare(int parent, ReadOnlySpan<byte> leaf, TarEntry entry, ReadOnlySpan<byte> digest)
    {
        Errno error = FileStatus.At(parent, leaf, out FileStatus status);
        if (error == Errno.NoEntry)
            return null;
        if (error != Errno.None || status.Type != TypeOf(entry.Kind))
            return RestoreDifferences.Kind;
        if (entry.Kind == ArchiveEntryKind.File)
            return CompareFile(parent, leaf, entry, digest);

        RestoreDifferences differences = entry.Kind == ArchiveEntryKind.SymbolicLink
            ? OfOwner(status, entry.Uid, entry.Gid)
            : OfOwnerAndMode(status, entry.Uid, entry.Gid, entry.Permissions);
        _found.Clear();
        _ = ExtendedAttributes.Read(parent, leaf[..^1], _found);
        return differences | OfAttributes(entry.Attributes) | (HasSameContent(parent, leaf, entry, status) ? 0 : RestoreDifferences.Content);
    }

    /// <summary>Whether two names are of one file.</summary>
    public static bool IsSame(in FileStatus one, in FileStatus other) => one.Inode == other.Inode && one.FileSystem == other.FileSystem;

    /// <summary>Whether something that was there has been neither removed nor written to since.</summary>
    /// <param name="parent">The folder that it is in; -1 if that isn't there.</param>
    /// <param name="leaf">Its name, null-terminated.</param>
    public static bool IsUnchanged(int parent, ReadOnlySpan<byte> leaf, FileTime since)
        => parent >= 0 && FileStatus.At(parent, leaf, out FileStatus status) == Errno.None
            && !(status.Changed.IsAfter(since) && status.Modified.IsAfter(since)); // a new link to it changes but the first

    private RestoreDifferences CompareFile(int parent, ReadOnlySpan<byte> leaf, TarEntry entry, ReadOnlySpan<byte> digest)
    {
        Errno error = LinuxFile.Open(parent, leaf, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlock, out int fd);
        if (error != Errno.None)
            return RestoreDifferences.Content; // nobody can say that it is the same
        try
        {
            if (FileStatus.Of(fd, out FileStatus status) != Errno.None || status.Type != FileType.Regular)
                return RestoreDifferences.Kind;
            _found.Clear();
            _ = ExtendedAttributes.Read(fd, _found);
            RestoreDifferences differences =
                OfOwnerAndMode(status, entry.Uid, entry.Gid, entry.Permissions) | OfAttributes(entry.Attributes);
            return status.Size == entry.Size && HasDigest(fd, digest) ? differences : differences | RestoreDifferences.Content;
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private bool HasDigest(int fd, ReadOnlySpan<byte> digest)
    {
        while (true)
        {
            if (LinuxFile.Read(fd, _buffer, out int count) != Errno.None)
            {
                _hash.TryGetHashAndReset(_digest, out _);
                return false;
            }
            if (count == 0)
                break;
            _hash.AppendData(_buffer, 0, count);
        }
        _hash.TryGetHashAndReset(_digest, out _);
        return digest.SequenceEqual(_digest);
    }

    private bool HasSameContent(int parent, ReadOnlySpan<byte> leaf, TarEntry entry, in FileStatus status)
    {
        if (entry.Kind is ArchiveEntryKind.CharacterDevice or ArchiveEntryKind.BlockDevice)
            return (status.DeviceMajor, status.DeviceMinor) == (entry.DeviceMajor, entry.DeviceMinor);
        if (entry.Kind != ArchiveEntryKind.SymbolicLink)
            return true;
        _target.Clear();
        return LinuxFile.ReadLink(parent, leaf, _target) == Errno.None && _target.Span.SequenceEqual(entry.LinkTarget.Span);
    }

    private RestoreDifferences OfOwnerAndMode(in FileStatus status, uint uid, uint gid, int permissions)
        => OfOwner(status, uid, gid)
            | (attributes.ModeOf(status.Permissions) == attributes.ModeOf(permissions) ? 0 : RestoreDifferences.Mode);

    private RestoreDifferences OfOwner(in FileStatus status, uint uid, uint gid)
        => !restoreOwner || (status.Uid, status.Gid) == (uid, gid) ? RestoreDifferences.None : RestoreDifferences.Owner;

    private RestoreDifferences OfAttributes(IReadOnlyList<ExtendedAttribute> wanted)
        => attributes.HasSame(_found, wanted) ? RestoreDifferences.None : RestoreDifferences.Attributes;

    private static FileType TypeOf(ArchiveEntryKind kind) => kind switch
    {
        ArchiveEntryKind.File or ArchiveEntryKind.HardLink => FileType.Regular,
        ArchiveEntryKind.Directory => FileType.Directory,
        ArchiveEntryKind.SymbolicLink => FileType.SymbolicLink,
        ArchiveEntryKind.NamedPipe => FileType.NamedPipe,
        ArchiveEntryKind.CharacterDevice => FileType.CharacterDevice,
        ArchiveEntryKind.BlockDevice => FileType.BlockDevice,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not a kind of tar entry."),
    };
}
