using System.Globalization;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Settings;

/// <summary>Settings by the names that they have on the wire.</summary>
internal static class SettingsText
{
    public static IReadOnlyList<string> Keys { get; } =
    [
        "backupApiEnabled", "administrationTokenExpiration", "loginBannerMessage", "messageOfTheDay", "collectiveName",
        "claimsTokenExpiration", "entitlementTokenExpiration", "vpnCertificateExpiration", "auditLogPersistenceMode",
    ];

    public static void Show(Terminal terminal, GlobalSettings settings) => terminal.Fields(
        ("backupApiEnabled", settings.BackupApiEnabled is bool enabled ? (enabled ? "true" : "false") : null),
        ("administrationTokenExpiration", Minutes(settings.AdministrationTokenExpiration)),
        ("loginBannerMessage", settings.LoginBannerMessage),
        ("messageOfTheDay", settings.MessageOfTheDay),
        ("collectiveName", settings.CollectiveName),
        ("collectiveId", settings.CollectiveId?.ToString()));

    /// <summary>Settings with one more of them changed.</summary>
    /// <param name="assignment"><c>KEY=VALUE</c>.</param>
    public static GlobalSettings With(GlobalSettings settings, string assignment)
    {
        var at = assignment.IndexOf('=', StringComparison.Ordinal);
        if (at <= 0)
            throw CliException.Usage($"'{assignment}' is not KEY=VALUE. The keys: {string.Join(", ", Keys)}.");
        var (key, value) = (assignment[..at], assignment[(at + 1)..]);
        return key switch
        {
            "backupApiEnabled" => settings with { BackupApiEnabled = Switch(key, value) },
            "administrationTokenExpiration" => settings with { AdministrationTokenExpiration = Whole(key, value) },
            "loginBannerMessage" => settings with { LoginBannerMessage = value },
            "messageOfTheDay" => settings with { MessageOfTheDay = value },
            "collectiveName" => settings with { CollectiveName = value },
            "claimsTokenExpiration" => settings with { ClaimsTokenExpiration = Number(key, value) },
            "entitlementTokenExpiration" => settings with { EntitlementTokenExpiration = Number(key, value) },
            "vpnCertificateExpiration" => settings with { VpnCertificateExpiration = Number(key, value) },
            "auditLogPersistenceMode" => settings with { AuditLogPersistenceMode = value },
            "backupPassphrase" => throw CliException.Usage(
                "A passphrase on the command line can be read by everybody on this machine. Use --passphrase-stdin."),
            _ => throw CliException.Usage($"There is no setting '{key}'. The keys: {string.Join(", ", Keys)}."),
        };
    }

    public static bool Switch(string key, string value) => value switch
    {
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        _ => throw CliException.Usage($"{key} is on or off, not '{value}'."),
    };

    private static int Whole(string key, string value) => int.TryParse(value, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw CliException.Usage($"{key} is a whole number, not '{value}'.");

    private static double Number(string key, string value) => double.TryParse(value, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw CliException.Usage($"{key} is a number, not '{value}'.");

    private static string? Minutes(int? minutes) => minutes is int known ? $"{known} minutes" : null;
}
