using Backstay.Archive;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary>What <c>archive verify</c> prints: this archive is whole, and this is what it is.</summary>
internal sealed record VerifiedArchive(
    string File,
    string Appliance,
    Guid? ApplianceId,
    Guid? BackupId,
    int Format,
    string Hostname,
    DateTimeOffset Started,
    DateTimeOffset Ended,
    IReadOnlyList<ArchiveSection> Sections,
    long Entries,
    long Files,
    long ContentBytes,
    long SealedBytes,
    long WarningCount,
    IReadOnlyList<ArchiveWarning> Warnings)
{
    public static VerifiedArchive Of(FileInfo file, VerificationResult result) => new(
        file.FullName,
        result.Manifest.ApplianceName,
        result.Manifest.ApplianceId,
        result.Manifest.BackupId,
        result.Manifest.Format,
        result.Manifest.Hostname,
        result.Summary.Started,
        result.Summary.Ended,
        result.Manifest.Sections,
        result.Entries,
        result.Files,
        result.ContentBytes,
        result.SealedBytes,
        result.Summary.WarningCount,
        result.Summary.Warnings);

    public void Show(Terminal terminal, TimeProvider clock)
    {
        terminal.Line($"{File} is whole: every SHA-256 is right.");
        terminal.Fields(
            ("Appliance", Appliance),
            ("Backup", BackupId?.ToString()),
            ("Made", $"{Human.Time(Started, clock)} to {Human.Time(Ended, clock)}"),
            ("Sections", string.Join(", ", Sections.Select(section => Human.Word<ArchiveSection>(section)))),
            ("Files", $"{Human.Count(Files)}, {Human.Size(ContentBytes)} ({Human.Size(SealedBytes)} sealed)"),
            ("Warnings", WarningCount > 0 ? Human.Count(WarningCount) : null));
        foreach (var warning in Warnings)
            terminal.Line($"  {warning.Path}: {warning.Message}");
    }
}
