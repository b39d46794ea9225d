using System.Globalization;
using System.Net;
using System.Text;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary>A sheet of paper for a safe.</summary>
/// <param name="Passphrases">In clear; null when they were not asked for.</param>
internal sealed record RecoverySheet(string Controller, RecoveryFacts Facts, IReadOnlyList<RevealedPassphrase>? Passphrases = null)
{
    /// <summary>GnuPG 2.2, GNU tar and zstd. The lines are run by the tests as they stand here.</summary>
    public const string Opening =
        """
        mkdir -m 700 opened && cd opened
        gpg --decrypt "$ARCHIVE" | tar --zstd --numeric-owner --xattrs --xattrs-include='*' --acls -xp
        sha256sum --check --quiet backstay/SHA256SUMS
        """;

    public override string ToString() => $"recovery sheet of {Controller}";

    public string Text()
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"BACKSTAY RECOVERY SHEET · {Human.Printable(Facts.CollectiveName)}");
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"Controller    {Controller} ({Facts.CollectiveId})");
        text.AppendLine(CultureInfo.InvariantCulture, $"Written       {Facts.Written:yyyy-MM-dd HH:mm} UTC");
        text.AppendLine(CultureInfo.InvariantCulture, $"Archives      {Human.Printable(Facts.Store)}");
        text.AppendLine("              BACKUP_ID.ATTEMPT.gpg is an archive, BACKUP_ID.ATTEMPT.json beside it says whose it is and which keys open it");
        text.AppendLine();
        text.AppendLine("KEYS");
        foreach (var key in Facts.Keys)
            AppendKey(text, key);
        text.AppendLine();
        text.AppendLine("TO OPEN AN ARCHIVE WITHOUT BACKSTAY (as root, with GnuPG 2.2 or later, GNU tar and zstd)");
        text.AppendLine();
        text.AppendLine("    gpg --list-only --list-packets \"$ARCHIVE\"   # which keys: the keyid (subkey) of a public key, the salt of a passphrase");
        text.AppendLine("    gpg --import \"$SECRET_KEY_FILE\"            # for a public key: its secret half; a passphrase is asked for below");
        foreach (var line in Opening.Split('\n'))
            text.AppendLine(CultureInfo.InvariantCulture, $"    {line}");
        text.AppendLine();
        text.AppendLine("Any one key that an archive was sealed to opens it. gpg must say nothing of \"manipulated\", and the last line must say nothing.");
        text.AppendLine("A new controller lists the archives of the store again by: backstay-controller catalog rebuild");
        return text.ToString();
    }

    public string Html() =>
        $$"""
        <!DOCTYPE html>
        <html lang="en">
        <meta charset="utf-8">
        <title>Backstay recovery sheet</title>
        <style>pre { font: 9.5pt/1.5 monospace; white-space: pre-wrap } @page { margin: 18mm }</style>
        <pre>{{WebUtility.HtmlEncode(Text())}}</pre>
        </html>
        """;

    private void AppendKey(StringBuilder text, BackupKey key)
    {
        text.AppendLine();
        text.AppendLine(CultureInfo.InvariantCulture, $"  {Human.Printable(key.Name)} · {KeyText.Kind(key.Kind)} · {KeyText.State(key)}");
        if (key.Fingerprint is { } fingerprint)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"    fingerprint  {KeyText.Grouped(fingerprint)}");
            text.AppendLine(CultureInfo.InvariantCulture, $"    subkey       {key.SubkeyId}");
            if (key.FormerSubkeyIds is { } former)
                text.AppendLine(CultureInfo.InvariantCulture, $"    before it    {string.Join(", ", former)}");
            text.AppendLine("    secret half  kept by: ______________________________");
            return;
        }

        var until = key.Retired is { } retired ? $" until {retired:yyyy-MM-dd}" : "";
        var secret = Passphrases?.FirstOrDefault(p => p.Id == key.Id)?.Passphrase ?? "______________________________";
        text.AppendLine(CultureInfo.InvariantCulture, $"    id           {key.Id}");
        text.AppendLine(CultureInfo.InvariantCulture, $"    seals        since {key.Created:yyyy-MM-dd}{until}");
        text.AppendLine(CultureInfo.InvariantCulture, $"    passphrase   {secret}");
    }
}
