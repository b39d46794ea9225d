using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Backstay.Archive;

/// <summary>
/// Digests of files that hard links may still point to: the reader's counterpart of <see cref="HardLinkTable"/>, with the same
/// bound. Names are kept as 128 bits of their SHA-256.
/// </summary>
internal sealed class LinkDigests
{
    private readonly Dictionary<UInt128, Target> _targets = [];

    private sealed record Target(byte[]? Digest)
    {
        public uint NamesLeft { get; set; }
    }

    /// <summary>Remembers the first of several names.</summary>
    /// <param name="entry">A first name.</param>
    /// <param name="digest">Null for anything but a regular file.</param>
    public void Add(TarEntry entry, byte[]? digest)
    {
        if (_targets.Count == HardLinkTable.MaxFiles)
            throw new ArchiveException(ArchiveFault.TooLarge, $"More than {HardLinkTable.MaxFiles} files of the archive wait for a hard link.");
        _targets[KeyOf(entry.Name.Span)] = new Target(digest) { NamesLeft = entry.LinkCount - 1 };
    }

    /// <summary>Digest of the file that a hard link points to; null if that is no regular file.</summary>
    public byte[]? Find(TarEntry link)
    {
        UInt128 key = KeyOf(link.LinkTarget.Span);
        if (!_targets.TryGetValue(key, out Target? target))
            throw OpeningStage.Damaged($"the hard link '{DisplayName.Of(link.Name.Span)}' points to nothing before it.");
        if (--target.NamesLeft == 0)
            _targets.Remove(key);
        return target.Digest;
    }

    public void Clear() => _targets.Clear();

    private static UInt128 KeyOf(ReadOnlySpan<byte> name)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(name, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
