using Backstay.Agent.Configuration;
using Backstay.Archive;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Backup;

/// <summary>The archive's own summary, in the words of the agent API.</summary>
internal static class Summaries
{
    private const int MostWarnings = 20;
    private const int LongestWarning = 500;
    private const int LongestPath = 300;

    public static UploadSummary ForUpload(ArchiveSummary summary) => new(
        [.. summary.Sections.Select(s => new Protocol.Agent.SectionSummary(s.Section.Word(), s.Files, s.Bytes, s.Warnings))],
        summary.Sections.Sum(section => section.Files),
        summary.Sections.Sum(section => section.Bytes),
        summary.WarningCount,
        [.. summary.Warnings.Take(MostWarnings).Select(Show)]);

    private static string Show(ArchiveWarning warning)
    {
        // Most messages go without the path, which stands beside them in the archive's summary; of a long one the end tells more.
        var path = warning.Path.Length <= LongestPath ? warning.Path : $"…{warning.Path[^(LongestPath - 1)..]}";
        var told = warning.Message.Contains(warning.Path, StringComparison.Ordinal) ? warning.Message : $"{path}: {warning.Message}";
        var text = $"{warning.Section.Word()}: {told}";
        return text.Length <= LongestWarning ? text : $"{text[..(LongestWarning - 1)]}…";
    }
}
