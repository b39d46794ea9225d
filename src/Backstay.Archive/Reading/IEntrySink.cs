namespace Backstay.Archive;

/// <summary>
/// What is done with the entries of an archive while <see cref="ContentVerifier"/> proves it: extracting, planning a restore,
/// putting in place. Names are plain when they come here; nothing is proven before the archive has ended.
/// </summary>
internal interface IEntrySink
{
    /// <summary>Which archive it is. Comes first where an archive is proven, and not when it is read again.</summary>
    void Open(ArchiveManifest manifest) { }

    /// <summary>An entry begins. It is the reader's own object, filled again for the next.</summary>
    void Begin(TarEntry entry);

    /// <summary>Content of the file that was begun, at its place; holes are left out.</summary>
    void Write(TarEntry entry, ReadOnlySpan<byte> content, long offset);

    /// <summary>The entry ends.</summary>
    /// <param name="digest">SHA-256 of a regular file of a section; empty for anything else.</param>
    void End(TarEntry entry, ReadOnlySpan<byte> digest);
}
