using System.Text.Json.Serialization;

namespace Backstay.Archive;

/// <summary>What became of a name between two archives.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ArchiveChangeKind>))]
public enum ArchiveChangeKind
{
    /// <summary>It is in the newer archive alone.</summary>
    [JsonStringEnumMemberName("added")] Added,

    /// <summary>It is in the older archive alone.</summary>
    [JsonStringEnumMemberName("removed")] Removed,

    /// <summary>It is in both, and differs.</summary>
    [JsonStringEnumMemberName("changed")] Changed,
}

/// <summary>In what two entries of one name differ.</summary>
[Flags]
public enum EntryDifferences
{
    None = 0,

    /// <summary>A file in the place of a folder, a link in the place of a file, …; nothing else is compared then.</summary>
    Kind = 1,

    /// <summary>Content, by size and SHA-256; of a symbolic link its target; of a device its number.</summary>
    Content = 2,

    /// <summary>By number.</summary>
    Owner = 4,
    Mode = 8,

    /// <summary>Extended attributes, access lists and capabilities among them.</summary>
    Attributes = 16,

    /// <summary>Another number of names (hard links) of the file.</summary>
    Links = 32,

    /// <summary>Modification time; only with <see cref="CompareOptions.WithTimes"/>.</summary>
    Time = 64,
}

/// <summary>One difference between two archives.</summary>
/// <param name="Kind">What became of the name.</param>
/// <param name="Before">Null if it was added. A hard link is told as the file that it is a name of.</param>
/// <param name="After">Null if it was removed.</param>
/// <param name="Differences">None unless it changed.</param>
/// <param name="Diff">With <see cref="CompareOptions.WithTexts"/>, of texts: from the older to the newer, or why it isn't shown.</param>
public sealed record ArchiveChange(
    ArchiveChangeKind Kind, ArchiveEntry? Before, ArchiveEntry? After, EntryDifferences Differences, string? Diff)
{
    /// <summary>In the archive; bytes that aren't UTF-8 and control characters are shown as <c>\xHH</c>.</summary>
    public string Name => (After ?? Before)!.Name;
}

/// <summary>A comparison in numbers. Entries of all kinds count; bytes are those of files, for each of their names.</summary>
/// <param name="AddedBytes">Of what was added.</param>
/// <param name="RemovedBytes">Of what was removed.</param>
/// <param name="ChangedBytes">Of files whose content changed, in the newer archive.</param>
public readonly record struct CompareCounts(
    long Added, long Removed, long Changed, long Equal, long AddedBytes, long RemovedBytes, long ChangedBytes)
{
    /// <summary>Whether nothing differs.</summary>
    public bool IsNothing => Added + Removed + Changed == 0;
}
