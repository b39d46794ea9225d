using Backstay.Archive;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Output;

namespace Backstay.Cli.Commands.Restore;

/// <summary>What <c>restore</c> prints when it is done.</summary>
/// <param name="FilesCreated">Planned; what came in the way is in <paramref name="Problems"/>.</param>
/// <param name="Placed">Files and folders that are in place now and weren't before.</param>
/// <param name="Aside">The folder with what was replaced.</param>
/// <param name="Dumps">The folder with dumps and outputs of commands, when the archive has some that were asked for.</param>
internal sealed record RestoredBackup(
    string Target,
    VerifiedArchive Archive,
    long FilesCreated,
    long FilesReplaced,
    long FilesEqual,
    long FoldersCreated,
    long FoldersChanged,
    long Bytes,
    long Placed,
    string? Aside,
    string? Dumps,
    long ProblemCount,
    IReadOnlyList<ExtractionProblem> Problems)
{
    /// <param name="done">Null when there was nothing to do.</param>
    public static RestoredBackup Of(FileInfo archive, string target, RestorePlan plan, RestoreResult? done) => new(
        target,
        VerifiedArchive.Of(archive, plan.Verification),
        plan.Counts.FilesCreated,
        plan.Counts.FilesReplaced,
        plan.Counts.FilesEqual,
        plan.Counts.FoldersCreated,
        plan.Counts.FoldersChanged,
        plan.Counts.Bytes,
        done?.Placed ?? 0,
        done?.Aside,
        plan.Counts.Dumps > 0 ? plan.Dumps : null,
        plan.ProblemCount + (done?.ProblemCount ?? 0),
        [.. plan.Problems, .. done?.Problems ?? []]);

    private string Whose => $"{Archive.Appliance}, begun {Archive.Started:yyyy-MM-dd HH:mm:ss} UTC{(Archive.BackupId is { } id ? $", {id}" : "")}";

    public void Warn(Terminal terminal) => RestoreText.Warn(terminal, Problems, ProblemCount);

    public void Show(Terminal terminal)
    {
        terminal.Line(Placed > 0
            ? $"Restored to {Target}: {Human.Count(Placed)} files and folders put in place, {Human.Count(FilesEqual)} files were equal."
            : $"Nothing to do: {Target} is as the backup says.");
        terminal.Fields(("Backup of", Whose), ("Replaced are in", Aside), ("Dumps are in", Dumps));
        if (Dumps is not null)
            terminal.Hint("How databases are made of dumps again: docs/restore.md, or pg_restore --help");
    }
}
