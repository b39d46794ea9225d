using System.Text.Json;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Spectre.Console;

namespace Backstay.Cli.Commands.Backup;

/// <summary>Backups in words.</summary>
internal static class BackupText
{
    public static string State(BackupRecord backup) => backup switch
    {
        { Status: BackupStatusWord.Processing } => "processing",
        { Result: BackupResult.Success, Verification: VerificationState.Damaged } => "damaged",
        { Result: BackupResult.Success, Warnings: > 0 } => "success, warnings",
        { Result: BackupResult.Success } => "success",
        _ => "failure",
    };

    public static Style Style(BackupRecord backup) => backup switch
    {
        { Status: BackupStatusWord.Processing } => Styles.Busy,
        { Verification: VerificationState.Damaged } => Styles.Bad,
        { Result: BackupResult.Success } => Styles.Good,
        _ => Styles.Bad,
    };

    public static ExitCode ExitCode(BackupRecord backup) => backup switch
    {
        { Result: BackupResult.Success, Warnings: > 0 } => Outcomes.ExitCode.Warnings,
        { Result: BackupResult.Success } => Outcomes.ExitCode.Ok,
        _ => Outcomes.ExitCode.Failure,
    };

    public static string Progress(BackupRecord backup) => backup.Progress switch
    {
        null or { Phase: BackupPhase.Waiting } => backup.Message ?? "waiting for the agent",
        { Phase: BackupPhase.Planning } => "planning",
        { FilesTotal: long files } progress =>
            $"{Word(progress.Phase)} {Human.Count(progress.Files)} of {Human.Count(files)} files, {Human.Size(progress.Bytes)}",
        { } progress => $"{Word(progress.Phase)} {Human.Count(progress.Files)} files, {Human.Size(progress.Bytes)}",
    };

    public static string Outcome(BackupRecord backup) => backup.Result == BackupResult.Success
        ? $"{State(backup)}: {Human.Count(backup.Files)} files, {Human.Size(backup.Size)}"
            + (backup is { Started: { } from, Ended: { } to } ? $" in {Human.Duration(to - from)}" : "")
        : $"failure{(Reason(backup) is { } reason ? $" ({reason})" : "")}";

    /// <summary>What keeps it from being deleted now.</summary>
    public static string Protected(BackupRecord backup, TimeProvider clock) => string.Join(", ", new[]
    {
        backup.Hold is null ? null : "held",
        backup.Lock is { } locked && locked.Until > clock.GetUtcNow() ? $"locked until {Human.Time(locked.Until, clock)}" : null,
    }.OfType<string>());

    /// <summary>The keys, any of which opens its archive, a line each.</summary>
    public static string OpensWith(BackupRecord backup) => string.Join('\n', (backup.Keys ?? []).Select(key =>
        $"{(key.Kind == BackupKeyKind.Passphrase ? "passphrase" : "public key")} {key.Id}"));

    /// <summary>The word of the wire: <c>agent-lost</c>.</summary>
    public static string? Reason(BackupRecord backup) =>
        backup.Reason is { } reason ? JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString()) : null;

    /// <summary>What the archive holds, a section a line.</summary>
    public static string Sections(BackupRecord backup) => string.Join('\n', (backup.Sections ?? []).Select(section =>
        $"{section.Name}: {Human.Count(section.Files)} files, {Human.Size(section.Bytes)}"
        + section.Warnings switch { 0 => "", 1 => ", 1 warning", var many => $", {Human.Count(many)} warnings" }));

    /// <summary>How many there were, and below it the first of them.</summary>
    public static string Warnings(BackupRecord backup) =>
        string.Join('\n', [Human.Count(backup.Warnings), .. FirstWarnings(backup, int.MaxValue, "backstay/summary.json in the archive has more")]);

    /// <summary>The first warnings, a line each, and a last line where there are more of them than that.</summary>
    /// <param name="more">Where the rest is to be found.</param>
    public static IEnumerable<string> FirstWarnings(BackupRecord backup, int most, string more)
    {
        var known = (backup.FirstWarnings ?? []).Take(most).ToList();
        return known.Count > 0 && backup.Warnings > known.Count
            ? [.. known, $"and {Human.Count(backup.Warnings.Value - known.Count)} more: {more}"]
            : known;
    }

    /// <summary>What there is to say about a backup that failed.</summary>
    public static string Failure(BackupRecord backup)
    {
        var text = backup.Output ?? backup.Message ?? "The controller gave no reason.";
        return $"The backup of {backup.ApplianceName} failed{(Reason(backup) is { } reason ? $" ({reason})" : "")}: {text}";
    }

    /// <summary>What to know when the one who waited has left.</summary>
    public static string GoesOn(string appliance, Guid backupId) =>
        $"""
        the backup of {appliance} goes on without this command.
          follow it:  backstay backup show {appliance} {backupId} --wait
          stop it:    backstay backup cancel {appliance} {backupId}
        """;

    private static string Word(BackupPhase phase) => phase switch
    {
        BackupPhase.Collecting => "collecting",
        BackupPhase.Uploading => "uploading",
        BackupPhase.Completing => "completing",
        _ => "working",
    };
}
