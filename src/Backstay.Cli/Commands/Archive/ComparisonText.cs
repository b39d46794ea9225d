using Backstay.Archive;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Archive;

/// <summary>Comparisons in words.</summary>
internal static class ComparisonText
{
    /// <summary>Each change as it comes, and how many there are.</summary>
    public static async Task ShowAsync(Invocation invocation, ArchiveComparison comparison, IReadOnlyList<ArchiveSection>? asked)
    {
        var terminal = invocation.Terminal;
        terminal.Hint($"{About(comparison.Before, invocation.Clock)} -> {About(comparison.After, invocation.Clock)}: both archives are whole.");
        foreach (var section in comparison.Uncompared.Where(section => asked?.Contains(section) ?? true))
            terminal.Warn($"Only one of the two has the section {Human.Word<ArchiveSection>(section)}; it isn't compared.");

        if (terminal.Format == OutputFormat.Json)
        {
            await terminal.JsonArrayAsync(comparison.Changes().ToAsyncEnumerable(), CliJson.Default.ComparedEntry, ComparedEntry.Of);
        }
        else
        {
            foreach (var change in comparison.Changes())
                Show(terminal, change, invocation.Clock);
            terminal.Line(Summary(comparison.Counts));
        }

        if (comparison.TextsLeftOut > 0)
            terminal.Warn($"The content of {Human.Count(comparison.TextsLeftOut)} more texts isn't shown; narrow it with --path or --glob.");
    }

    private static string About(VerificationResult archive, TimeProvider clock) =>
        $"{archive.Manifest.ApplianceName}, {Human.Time(archive.Manifest.Started, clock)}";

    private static string Summary(CompareCounts counts) => counts.IsNothing
        ? $"Nothing differs ({Human.Count(counts.Equal)} entries)."
        : $"{Human.Count(counts.Added)} added ({Human.Size(counts.AddedBytes)}), {Human.Count(counts.Removed)} removed ({Human.Size(counts.RemovedBytes)}), "
            + $"{Human.Count(counts.Changed)} changed ({Human.Size(counts.ChangedBytes)}), {Human.Count(counts.Equal)} the same.";

    private static void Show(Terminal terminal, ArchiveChange change, TimeProvider clock)
    {
        var entry = (change.After ?? change.Before)!;
        var facts = change is { Before: { } before, After: { } after } ? Facts(before, after, change.Differences, clock) : Facts(entry);
        terminal.Line($"{Human.Word<ArchiveChangeKind>(change.Kind),-7}  {change.Name}{(entry.Kind == ArchiveEntryKind.Directory ? "/" : "")}  {facts}");
        if (change.Diff is { Length: > 0 } diff)
            terminal.Line($"    {diff.TrimEnd('\n').Replace("\n", "\n    ", StringComparison.Ordinal)}");
    }

    private static string Facts(ArchiveEntry entry) => entry.Kind switch
    {
        ArchiveEntryKind.File => $"{Human.Size(entry.Size)}, mode {Mode(entry)}",
        ArchiveEntryKind.Directory => $"mode {Mode(entry)}",
        ArchiveEntryKind.SymbolicLink => $"-> {entry.LinkTarget}",
        var kind => $"{Human.Word<ArchiveEntryKind>(kind)}, mode {Mode(entry)}",
    };

    private static string Facts(ArchiveEntry before, ArchiveEntry after, EntryDifferences differences, TimeProvider clock)
    {
        var facts = new List<string>();
        if (differences.HasFlag(EntryDifferences.Kind))
            facts.Add($"{Human.Word<ArchiveEntryKind>(before.Kind)} -> {Human.Word<ArchiveEntryKind>(after.Kind)}");
        if (differences.HasFlag(EntryDifferences.Content))
            facts.Add(Content(before, after));
        if (differences.HasFlag(EntryDifferences.Mode))
            facts.Add($"mode {Mode(before)} -> {Mode(after)}");
        if (differences.HasFlag(EntryDifferences.Owner))
            facts.Add($"owner {ListedEntry.Of(before).Owner} -> {ListedEntry.Of(after).Owner}");
        if (differences.HasFlag(EntryDifferences.Attributes))
            facts.Add("attributes");
        if (differences.HasFlag(EntryDifferences.Links))
            facts.Add("number of names");
        if (differences.HasFlag(EntryDifferences.Time))
            facts.Add($"time {Human.Time(before.Modified, clock)} -> {Human.Time(after.Modified, clock)}");
        return string.Join(", ", facts);
    }

    private static string Content(ArchiveEntry before, ArchiveEntry after) => after.Kind switch
    {
        ArchiveEntryKind.File when before.Size != after.Size => $"{Human.Size(before.Size)} -> {Human.Size(after.Size)}",
        ArchiveEntryKind.File => $"other content, {Human.Size(after.Size)}",
        ArchiveEntryKind.SymbolicLink => $"target {before.LinkTarget} -> {after.LinkTarget}",
        _ => "device number",
    };

    private static string Mode(ArchiveEntry entry) => Convert.ToString(entry.Mode, 8).PadLeft(4, '0');
}

/// <summary>One change as <c>--output json</c> prints it.</summary>
/// <param name="Change"><c>added</c>, <c>removed</c> or <c>changed</c>.</param>
/// <param name="Name">In the archive.</param>
/// <param name="Before">As of <c>archive list</c>; not there when it was added.</param>
/// <param name="After">Not there when it was removed.</param>
/// <param name="Differences">Of <c>kind</c>, <c>content</c>, <c>owner</c>, <c>mode</c>, <c>attributes</c>, <c>links</c>, <c>time</c>; none unless it changed.</param>
/// <param name="Diff">With <c>--content</c>, of texts.</param>
internal sealed record ComparedEntry(
    string Change, string Name, ListedEntry? Before, ListedEntry? After, IReadOnlyList<string> Differences, string? Diff)
{
    public static ComparedEntry Of(ArchiveChange change) => new(
        Human.Word<ArchiveChangeKind>(change.Kind),
        change.Name,
        change.Before is { } before ? ListedEntry.Of(before) : null,
        change.After is { } after ? ListedEntry.Of(after) : null,
        [.. Enum.GetValues<EntryDifferences>().Where(one => one != 0 && change.Differences.HasFlag(one)).Select(one => Human.Word<EntryDifferences>(one))],
        change.Diff);
}
