using Backstay.Archive;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Restore;

/// <summary>Plans in words.</summary>
internal static class RestoreText
{
    /// <summary>What a dry run prints: each change, and how many there are.</summary>
    public static async Task<ExitCode> ShowPlanAsync(Terminal terminal, RestorePlan plan)
    {
        if (terminal.Format == OutputFormat.Json)
        {
            await terminal.JsonArrayAsync(plan.Changes().ToAsyncEnumerable(), CliJson.Default.PlannedChange, PlannedChange.Of);
        }
        else
        {
            foreach (var change in plan.Changes())
                Show(terminal, PlannedChange.Of(change));
        }

        Warn(terminal, plan.Problems, plan.ProblemCount);
        Summarize(terminal, plan);
        return plan.ProblemCount > 0 ? ExitCode.Warnings : ExitCode.Ok;
    }

    /// <summary>Whose backup it is, and of when.</summary>
    public static string About(RestorePlan plan) => About(plan.Verification.Manifest);

    public static string About(ArchiveManifest manifest) =>
        $"{manifest.ApplianceName}, backed up {manifest.Started:yyyy-MM-dd HH:mm:ss} UTC{(manifest.BackupId is { } id ? $" as {id}" : "")}";

    public static void Summarize(Terminal terminal, RestorePlan plan)
    {
        var counts = plan.Counts;
        var (created, replaced, equal) = (Human.Count(counts.FilesCreated), Human.Count(counts.FilesReplaced), Human.Count(counts.FilesEqual));
        terminal.Hint(
            $"""
            {About(plan)}: the archive is whole, every SHA-256 is right.
              files    {created} to create, {replaced} to replace, {equal} equal ({Human.Size(counts.Bytes)} to write)
              folders  {Human.Count(counts.FoldersCreated)} to create, {Human.Count(counts.FoldersChanged)} to change
            """);
        if (counts.Dumps > 0)
            terminal.Hint($"  {Human.Count(counts.Dumps)} files are dumps and outputs of commands, to {plan.Dumps}");

        if (plan.Verification.Summary.WarningCount is > 0 and var warnings)
            terminal.Hint($"  {Human.Count(warnings)} warnings were made when it was backed up; see them with: backstay archive verify");
    }

    public static void Warn(Terminal terminal, IReadOnlyList<ExtractionProblem> problems, long count)
    {
        foreach (var problem in problems)
            terminal.Warn($"{problem.Path}: {problem.Message}");
        if (count > problems.Count)
            terminal.Warn($"and {Human.Count(count - problems.Count)} more.");
    }

    private static void Show(Terminal terminal, PlannedChange change)
    {
        var facts = change.Differences is { Count: > 0 } differences ? $"  ({string.Join(", ", differences)})" : "";
        terminal.Line($"{change.Action,-8} {change.Path}{(change.Kind == "directory" ? "/" : "")}{facts}");
        if (change.Diff is { Length: > 0 } diff)
            terminal.Line($"    {diff.TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal)}");
    }
}

/// <summary>One change of a dry run, as <c>--output json</c> prints it.</summary>
/// <param name="Action"><c>create</c>, <c>replace</c> or <c>change</c>.</param>
/// <param name="Path">On the machine; bytes that aren't UTF-8 are <c>\xHH</c>.</param>
/// <param name="Kind">As of <c>archive list</c>.</param>
/// <param name="Differences">Of <c>kind</c>, <c>content</c>, <c>owner</c>, <c>mode</c>, <c>attributes</c>, <c>link</c>; without any when it is created.</param>
/// <param name="Diff">With <c>--diff</c>, of texts.</param>
internal sealed record PlannedChange(string Action, string Path, string Kind, long Size, IReadOnlyList<string> Differences, string? Diff)
{
    public static PlannedChange Of(RestoreChange change) => new(
        Human.Word<RestoreAction>(change.Action),
        change.Path,
        Human.Word<ArchiveEntryKind>(change.Kind),
        change.Size,
        [.. Enum.GetValues<RestoreDifferences>().Where(one => one != 0 && change.Differences.HasFlag(one)).Select(one => Human.Word<RestoreDifferences>(one))],
        change.Diff);
}
