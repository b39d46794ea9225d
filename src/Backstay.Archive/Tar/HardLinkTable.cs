namespace Backstay.Archive;

/// <summary>
/// Files with more than one name, by inode, until all of their names were seen. Bounded: what doesn't fit is archived once
/// for each name.
/// </summary>
internal sealed class HardLinkTable
{
    /// <summary>Most files that wait for another name at one time. The reader keeps to the same number.</summary>
    public const int MaxFiles = 65_536;

    /// <summary>Most bytes of their names.</summary>
    public const int MaxNameBytes = 8 * 1024 * 1024;

    private readonly Dictionary<(ulong FileSystem, ulong Inode), Target> _targets = [];
    private int _nameBytes;

    public sealed class Target
    {
        public required byte[] Name { get; init; }

        /// <summary>Null for anything but a regular file: a link of a symbolic link or a pipe.</summary>
        public required byte[]? Digest { get; init; }

        public required uint NamesLeft { get; set; }
    }

    /// <summary>Whether another file can wait.</summary>
    public bool HasRoom => _targets.Count < MaxFiles && _nameBytes < MaxNameBytes;

    /// <summary>The entry that a file is another name of, or null for its first. Forgets a file with its last name.</summary>
    public Target? Find(in FileStatus status)
    {
        var key = (status.FileSystem, status.Inode);
        if (!_targets.TryGetValue(key, out Target? target))
            return null;
        if (--target.NamesLeft == 0)
        {
            _targets.Remove(key);
            _nameBytes -= target.Name.Length;
        }
        return target;
    }

    public void Add(in FileStatus status, ReadOnlySpan<byte> name, byte[]? digest)
    {
        _targets[(status.FileSystem, status.Inode)] = new Target
        {
            Name = name.ToArray(),
            Digest = digest,
            NamesLeft = status.LinkCount - 1,
        };
        _nameBytes += name.Length;
    }

    /// <summary>Links are made within a section only, so that each can be restored alone.</summary>
    public void Clear()
    {
        _targets.Clear();
        _nameBytes = 0;
    }
}
