namespace Backstay.Archive;

/// <summary>Counters of a writer at one moment. Cheap to take, from any thread.</summary>
/// <param name="Entries">Entries of all kinds that are in the stream.</param>
/// <param name="Files">Regular files among them.</param>
/// <param name="Bytes">Content bytes of those files.</param>
/// <param name="SealedBytes">Bytes written to the output.</param>
/// <param name="Warnings">Warnings so far.</param>
/// <param name="Section">The section being written.</param>
/// <param name="Path">The entry being written, for people.</param>
public readonly record struct ArchiveProgress(
    long Entries, long Files, long Bytes, long SealedBytes, long Warnings, ArchiveSection? Section, string Path);
