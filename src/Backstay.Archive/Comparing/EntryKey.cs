namespace Backstay.Archive;

/// <summary>
/// By what entries are sorted: the section, then the path, with a zero, which no name has, for every slash. So the bytes are in the order
/// of the tree: a folder, what is in it, then what is beside it.
/// </summary>
internal static class EntryKey
{
    /// <summary>Appends the key of a name in an archive.</summary>
    public static void Append(ByteBuffer to, ArchiveSection section, ReadOnlySpan<byte> name)
    {
        to.Append((byte)section);
        ReadOnlySpan<byte> path = name[ArchiveSections.Folder(section).Length..];
        path.Replace(to.AppendZeros(path.Length), (byte)'/', (byte)0);
    }

    public static ArchiveSection SectionOf(ReadOnlySpan<byte> key) => (ArchiveSection)key[0];

    /// <summary>The name in the archive.</summary>
    public static byte[] NameOf(ReadOnlySpan<byte> key)
    {
        byte[] name = [.. ArchiveSections.Folder(SectionOf(key)), .. key[1..]];
        name.AsSpan().Replace((byte)0, (byte)'/');
        return name;
    }
}
