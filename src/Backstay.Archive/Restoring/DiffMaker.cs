using System.Text;
using System.Text.RegularExpressions;

namespace Backstay.Archive;

/// <summary>Shows in what a text differs from the archive's, unless it is a secret.</summary>
internal sealed class DiffMaker(bool enabled)
{
    /// <summary>Longest text that is compared, in bytes.</summary>
    public const int MaxSize = 64 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _archived = enabled ? new byte[MaxSize] : [];
    private int _length;
    private bool _isTaking;

    /// <summary>An entry begins, whose content may be shown.</summary>
    public void Begin(TarEntry entry)
    {
        _isTaking = enabled && entry.Kind == ArchiveEntryKind.File && entry.Runs is null && entry.Size <= MaxSize;
        _length = _isTaking ? (int)entry.Size : 0;
    }

    public void Take(ReadOnlySpan<byte> content, long offset)
    {
        if (_isTaking)
            content.CopyTo(_archived.AsSpan((int)offset));
    }

    /// <summary>The difference of the entry that ended to what is in its place; null where there is nothing to show.</summary>
    /// <param name="folder">The folder on the machine that it is in; -1 if there is none.</param>
    public string? Make(int folder, in EntryPlace place, RestoreDifferences differences)
    {
        if (!_isTaking || folder < 0 || !differences.HasFlag(RestoreDifferences.Content) || ReadMachine(folder, place) is not { } there)
            return null;
        return Make(place.Path, there, _archived.AsSpan(0, _length));
    }

    /// <summary>The difference of two contents; null where they aren't text.</summary>
    /// <param name="path">On the machine, without the slash in front: it may be known for its secrets.</param>
    public static string? Make(ReadOnlySpan<byte> path, ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        if (SecretFiles.IsSecret(path, before) || SecretFiles.IsSecret(path, after))
            return SecretFiles.Masked;
        if (TextOf(before) is not { } old || TextOf(after) is not { } @new)
            return null;
        try
        {
            return TextDiff.Make(old, @new, SecretLines.Of);
        }
        catch (RegexMatchTimeoutException)
        {
            return SecretFiles.Masked;
        }
    }

    private static byte[]? ReadMachine(int folder, in EntryPlace place)
    {
        int flags = OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlock;
        if (LinuxFile.Open(folder, place.NullTerminatedLeaf, flags, out int fd) != Errno.None)
            return null;
        try
        {
            if (FileStatus.Of(fd, out FileStatus status) != Errno.None || status.Type != FileType.Regular || status.Size > MaxSize)
                return null;
            byte[] content = new byte[status.Size];
            int filled = 0;
            while (filled < content.Length && LinuxFile.Read(fd, content.AsSpan(filled), out int count) == Errno.None && count > 0)
                filled += count;
            return filled == content.Length ? content : null;
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private static string? TextOf(ReadOnlySpan<byte> content)
    {
        if (content.Contains((byte)0))
            return null;
        try
        {
            return Strict.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
