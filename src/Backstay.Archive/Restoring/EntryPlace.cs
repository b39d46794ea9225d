namespace Backstay.Archive;

/// <summary>Where an entry of a section belongs.</summary>
internal readonly ref struct EntryPlace
{
    /// <summary>Path on the machine without the slash in front; empty for the root itself. Of a dump, its name in the archive.</summary>
    public ReadOnlySpan<byte> Path { get; private init; }

    /// <summary>Made by a source (a dump, the output of a command, a journal): no file of the machine.</summary>
    public bool IsDump { get; private init; }

    public ReadOnlySpan<byte> Leaf => Path[(Path.LastIndexOf((byte)'/') + 1)..];

    /// <summary>The last component with the zero that the system wants.</summary>
    public byte[] NullTerminatedLeaf => [.. Leaf, 0];

    public string Display => "/" + DisplayName.Of(Path);

    /// <summary>
    /// Finds the place of an entry, and leaves the folders that it isn't in. What sources made has no folder entries (docs/archive-format.md,
    /// section 3.1); everything else lies in a folder that came before it.
    /// </summary>
    /// <exception cref="ArchiveException">It lies in a folder that the archive doesn't have: hostile.</exception>
    public static EntryPlace Of(TarEntry entry, FolderStack folders)
    {
        ReadOnlySpan<byte> name = entry.Name.Span;
        int section = name.IndexOf((byte)'/');
        ReadOnlySpan<byte> path = section < 0 ? [] : name[(section + 1)..];
        if (path.IsEmpty && entry.Kind != ArchiveEntryKind.Directory)
            throw Hostile(name, "is a section, and no folder");
        int last = path.LastIndexOf((byte)'/');
        if (folders.TryLeaveTo(last < 0 ? [] : path[..last]))
            return new EntryPlace { Path = path };
        return entry.Kind == ArchiveEntryKind.File && IsOfSource(path)
            ? new EntryPlace { Path = name, IsDump = true }
            : throw Hostile(name, "lies in something that isn't a folder before it in the archive");
    }

    private static bool IsOfSource(ReadOnlySpan<byte> path)
        => path.StartsWith("databases/"u8) || path.StartsWith("commands/"u8) || path.StartsWith("journal/"u8);

    private static ArchiveException Hostile(ReadOnlySpan<byte> name, string why)
        => new(ArchiveFault.HostilePath, $"The archive is refused: '{DisplayName.Of(name)}' {why}. Backstay never writes such an archive.");
}
