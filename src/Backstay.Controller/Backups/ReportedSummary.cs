using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Agent;

namespace Backstay.Controller.Backups;

/// <summary>
/// What an agent said is in its archive, for people to read. It is kept as it came, in the sidecar too; so it is bounded and cleaned
/// here, where it is shown.
/// </summary>
internal static class ReportedSummary
{
    private const int MostSections = 4;
    private const int MostWarnings = 20;
    private const int LongestName = 20;
    private const int LongestWarning = 500;

    /// <returns>Null while there is no archive, and when there never was one.</returns>
    public static UploadSummary? Of(BackupEntity backup)
    {
        if (backup.Summary is null || JsonSerializer.Deserialize(backup.Summary, AgentJson.Default.UploadSummary) is not { } said)
            return null;

        // An agent of somebody's own may leave out what it likes.
        return said with
        {
            Sections =
            [
                .. (said.Sections ?? []).OfType<SectionSummary>().Take(MostSections)
                    .Select(section => section with { Name = AgentText.Line(section.Name, LongestName) }),
            ],
            FirstWarnings = [.. (said.FirstWarnings ?? []).Take(MostWarnings).Select(warning => AgentText.Line(warning, LongestWarning))],
        };
    }
}
