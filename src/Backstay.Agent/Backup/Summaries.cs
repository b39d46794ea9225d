using Backstay.Agent.Configuration;
using Backstay.Archive;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Backup;

/// <summary>The archive's own summary, in the words of the agent API.</summary>
internal static class Summaries
{
    private const int MostWarnings = 20;
    private const int LongestWarning = 500;

    public static UploadSummary ForUpload(ArchiveSummary summary) => new(
        [.. summary.Sections.Select(s => new Protocol.Agent.SectionSummary(s.Section.Word(), s.Files, s.Bytes, s.Warnings))],
        summary.Sections.Sum(section => section.Files),
        summary.Sections.Sum(section => section.Bytes),
        summary.WarningCount,
        [.. summary.Warnings.Take(MostWarnings).Select(Show)]);

    private static string Show(ArchiveWarning warning)
    {
        var text = $"{warning.Section.Word()}: {warning.Message}";
        return text.Length <= LongestWarning ? text : $"{text[..(LongestWarning - 1)]}…";
    }
}
