namespace Backstay.Archive;

/// <summary>What an archive holds, told by its last entry, <c>backstay/summary.json</c>.</summary>
public sealed record ArchiveSummary
{
    /// <summary>The most warnings that are listed one by one; <see cref="WarningCount"/> counts all.</summary>
    public const int MaxListedWarnings = 1000;

    public required DateTimeOffset Started { get; init; }

    public required DateTimeOffset Ended { get; init; }

    /// <summary>One for each section that has entries or warnings or was asked for in the manifest, in archive order.</summary>
    public required IReadOnlyList<SectionSummary> Sections { get; init; }

    /// <summary>All warnings, also those that are not listed.</summary>
    public required long WarningCount { get; init; }

    /// <summary>The first <see cref="MaxListedWarnings"/> warnings.</summary>
    public required IReadOnlyList<ArchiveWarning> Warnings { get; init; }
}

/// <param name="Section">The section.</param>
/// <param name="Files">Regular files whose content is in the archive.</param>
/// <param name="Directories">Directories, also the parents of the paths asked for.</param>
/// <param name="Links">Symbolic and hard links.</param>
/// <param name="Others">Named pipes and device nodes.</param>
/// <param name="Bytes">Sum of the sizes of the files as they are after restoring (holes of sparse files counted).</param>
/// <param name="Warnings">Warnings of this section, all of them.</param>
public sealed record SectionSummary(
    ArchiveSection Section, long Files, long Directories, long Links, long Others, long Bytes, long Warnings);
