using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// What there is to know of entries that hard links may still point to: the reader's counterpart of <see cref="HardLinkTable"/>,
/// with the same bound. Names are kept as 128 bits of their SHA-256.
/// </summary>
internal sealed class LinkTargets<T>
{
    private readonly Dictionary<UInt128, Target> _targets = [];

    private sealed record Target(T Value)
    {
        public uint NamesLeft { get; set; }
    }

    /// <summary>Remembers the first of several names.</summary>
    public void Add(TarEntry entry, T value)
    {
        if (_targets.Count == HardLinkTable.MaxFiles)
            throw new ArchiveException(ArchiveFault.TooLarge, $"More than {HardLinkTable.MaxFiles} files of the archive wait for a hard link.");
        _targets[KeyOf(entry.Name.Span)] = new Target(value) { NamesLeft = entry.LinkCount - 1 };
    }

    /// <summary>What was remembered of the entry that a hard link points to.</summary>
    public T Find(TarEntry link)
    {
        UInt128 key = KeyOf(link.LinkTarget.Span);
        if (!_targets.TryGetValue(key, out Target? target))
            throw OpeningStage.Damaged($"the hard link '{DisplayName.Of(link.Name.Span)}' points to nothing before it.");
        if (--target.NamesLeft == 0)
            _targets.Remove(key);
        return target.Value;
    }

    public void Clear() => _targets.Clear();

    private static UInt128 KeyOf(ReadOnlySpan<byte> name)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(name, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
