namespace Backstay.Archive;

/// <summary>The one place where names from an archive are judged.</summary>
internal static class ArchiveName
{
    private const int MaxLength = 40 * 1024;

    /// <summary>Takes the slash off a directory's name and proves names to be plain and within the archive's own folders.</summary>
    public static void Normalize(TarEntry entry)
    {
        if (entry.Kind == ArchiveEntryKind.Directory && entry.Name.Length > 1 && entry.Name.Span[^1] == '/')
            entry.Name.Truncate(entry.Name.Length - 1);
        Check(entry.Name.Span);
        if (entry.Kind == ArchiveEntryKind.HardLink)
            Check(entry.LinkTarget.Span);
        if (entry.LinkTarget.Span.Contains((byte)0))
            throw Hostile(entry.LinkTarget.Span, "has a zero byte");
    }

    private static void Check(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxLength)
            throw new ArchiveException(ArchiveFault.TooLarge, $"The archive has a name of more than {MaxLength} bytes.");
        if (name.IsEmpty)
            throw Hostile(name, "is empty");
        if (name[0] == '/')
            throw Hostile(name, "is absolute");
        if (name.Contains((byte)0))
            throw Hostile(name, "has a zero byte");
        foreach (Range range in name.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = name[range];
            if (component.IsEmpty || component.SequenceEqual("."u8) || component.SequenceEqual(".."u8))
                throw Hostile(name, "has a component that is empty, '.' or '..'");
        }
        if (ArchiveSections.Of(name) is null && !name.StartsWith(OwnFiles.Folder))
            throw Hostile(name, "is in none of the archive's folders");
    }

    private static ArchiveException Hostile(ReadOnlySpan<byte> name, string why)
        => new(ArchiveFault.HostilePath, $"The archive is refused: the name '{DisplayName.Of(name)}' {why}. Backstay never writes such an archive.");
}
