using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Spectre.Console;

namespace Backstay.Cli.Commands.Keys;

/// <summary>Backup keys in words, and by what people call them.</summary>
internal static class KeyText
{
    public static Argument<string> Key() => new("KEY") { Description = "The key, by id, name or fingerprint" };

    public static async Task<BackupKey> FindBackupKeyAsync(this AdminClient client, string called, CancellationToken cancellationToken)
    {
        var keys = (await client.ListBackupKeysAsync(null, cancellationToken)).Data;
        var fingerprint = called.Replace(" ", "", StringComparison.Ordinal);
        var found = keys.Where(key => Guid.TryParse(called, out var id)
            ? key.Id == id
            : string.Equals(key.Name, called, StringComparison.OrdinalIgnoreCase)
                || string.Equals(key.Fingerprint, fingerprint, StringComparison.OrdinalIgnoreCase)).ToList();
        return found switch
        {
            [var key] => key,
            [] => throw CliException.NotFound($"There is no backup key '{called}'. See them all with: backstay keys list"),
            _ => throw new CliException(
                ExitCode.Failure, CliErrorIds.Ambiguous, $"There are {found.Count} backup keys called '{called}'. Say which by its id."),
        };
    }

    public static string Kind(BackupKeyKind kind) => kind == BackupKeyKind.Passphrase ? "passphrase" : "public key";

    public static string State(BackupKey key) => key.ExpiresSoon ? "expires soon" : State(key.State);

    public static string State(BackupKeyState? state) => state switch
    {
        BackupKeyState.Unconfirmed => "unconfirmed",
        BackupKeyState.Active => "active",
        BackupKeyState.Expired => "expired",
        BackupKeyState.Retired => "retired",
        _ => "",
    };

    public static Style Style(BackupKey key) => key switch
    {
        { State: BackupKeyState.Expired } => Styles.Bad,
        { State: BackupKeyState.Unconfirmed } or { ExpiresSoon: true } => Styles.Busy,
        { State: BackupKeyState.Active } => Styles.Good,
        _ => Styles.Plain,
    };

    /// <summary>As people compare it: groups of four.</summary>
    public static string Grouped(string fingerprint) => string.Join(' ', fingerprint.Chunk(4).Select(four => new string(four)));

    /// <summary>The id of a passphrase, or a fingerprint: what backups record.</summary>
    public static string Id(BackupKey key) => key.Fingerprint ?? key.Id.ToString();

    public static void Show(Terminal terminal, BackupKey key, TimeProvider clock) => terminal.Fields(
        ("Name", key.Name),
        ("Id", key.Id.ToString()),
        ("Kind", Kind(key.Kind)),
        ("State", State(key)),
        ("Fingerprint", key.Fingerprint is { } fingerprint ? Grouped(fingerprint) : null),
        ("Encryption subkey", key.SubkeyId),
        ("Former subkeys", key.FormerSubkeyIds is { } former ? string.Join(", ", former) : null),
        ("User ids", string.Join("\n", key.UserIds ?? [])),
        ("Expires", key.Kind == BackupKeyKind.Passphrase ? null : key.Expires is null ? "never" : Human.Time(key.Expires, clock)),
        ("Since", Human.Time(key.Created, clock)),
        ("Confirmed", key.Confirmed is null ? null : $"{Human.Time(key.Confirmed, clock)} by {key.ConfirmedBy}"),
        ("Retired", Human.Time(key.Retired, clock)));
}
