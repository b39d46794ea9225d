using Backstay.Archive;

namespace Backstay.Cli.Commands.Archive;

/// <summary>What <c>archive create --output json</c> prints.</summary>
internal sealed record CreatedArchive(
    string File, long Files, long ContentBytes, long SealedBytes, long WarningCount, IReadOnlyList<ArchiveWarning> Warnings)
{
    public static CreatedArchive Of(FileInfo file, ArchiveSummary summary) => new(
        file.FullName,
        summary.Sections.Sum(section => section.Files),
        summary.Sections.Sum(section => section.Bytes),
        file.Length,
        summary.WarningCount,
        summary.Warnings);
}
