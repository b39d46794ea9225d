using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Keys;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Settings;

/// <summary>The one settings object. A field that is left out of a PUT keeps its value.</summary>
internal static class GlobalSettingsApi
{
    public const string PassphraseRule = "must have 12 to 1,024 characters and no control characters";

    public static IEndpointRouteBuilder MapGlobalSettings(this IEndpointRouteBuilder app)
    {
        var settings = app.MapGroup("/admin/global-settings").WithTags("Settings").Refuses(401, 403);
        settings.MapGet("", GetAsync)
            .RequirePrivilege(PrivilegeType.View, PrivilegeTarget.GlobalSetting)
            .WithSummary("Read the settings")
            .WithDescription("`backupPassphrase` is write only and never part of an answer.");
        settings.MapPut("", PutAsync)
            .RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.GlobalSetting)
            .Takes(typeof(GlobalSettings))
            .Refuses(400, 413, 422)
            .WithSummary("Change the settings")
            .WithDescription("A field that is left out keeps its value. Turning the backup API on needs a backup passphrase, in the same "
                + "call or before it, or a confirmed public key (422). Archives that are there already stay sealed to the passphrase of their day, "
                + "which stays known in `/backup-keys`.");
        return app;
    }

    /// <summary>A passphrase has to be typed into gpg one day, on one line.</summary>
    public static bool IsPassphrase(string text) => text.Length is >= 12 and <= 1024 && !text.Any(char.IsControl);

    private static async Task<Ok<GlobalSettings>> GetAsync(CatalogContext catalog, CancellationToken cancellationToken) =>
        TypedResults.Ok(ToWire(await catalog.Settings.AsNoTracking().SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken)));

    private static async Task<Results<Ok<GlobalSettings>, ApiErrorResult>> PutAsync(
        HttpRequest request,
        CatalogContext catalog,
        Passphrases passphrases,
        BackupKeyring keyring,
        AuditTrail audit,
        CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.GlobalSettings, cancellationToken);
        if (wish is null)
        {
            return error!;
        }

        // Before the transaction: see SecretProtection.
        var passphrase = wish.BackupPassphrase is { } given ? await passphrases.PrepareAsync(given, cancellationToken) : null;
        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var settings = await catalog.Settings.SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken);
        if (Check(wish, await keyring.CanSealAsync(cancellationToken)) is { } refusal)
        {
            return refusal;
        }

        settings.BackupApiEnabled = wish.BackupApiEnabled ?? settings.BackupApiEnabled;
        if (passphrase is not null)
            await passphrases.ApplyAsync(settings, passphrase, name: null, cancellationToken);
        settings.AdministrationTokenExpiration = wish.AdministrationTokenExpiration ?? settings.AdministrationTokenExpiration;
        settings.LoginBannerMessage = wish.LoginBannerMessage ?? settings.LoginBannerMessage;
        settings.MessageOfTheDay = wish.MessageOfTheDay ?? settings.MessageOfTheDay;
        settings.CollectiveName = wish.CollectiveName ?? settings.CollectiveName;
        settings.ClaimsTokenExpiration = wish.ClaimsTokenExpiration ?? settings.ClaimsTokenExpiration;
        settings.EntitlementTokenExpiration = wish.EntitlementTokenExpiration ?? settings.EntitlementTokenExpiration;
        settings.VpnCertificateExpiration = wish.VpnCertificateExpiration ?? settings.VpnCertificateExpiration;
        settings.AuditLogPersistenceMode = wish.AuditLogPersistenceMode ?? settings.AuditLogPersistenceMode;

        Audit(catalog, settings, audit);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(ToWire(settings));
    }

    private static ApiErrorResult? Check(GlobalSettings wish, bool canSeal)
    {
        var errors = new FieldErrors();
        if (wish.BackupPassphrase is { } passphrase && !IsPassphrase(passphrase))
        {
            errors.Add("backupPassphrase", PassphraseRule);
        }

        if (wish.BackupApiEnabled is true && wish.BackupPassphrase is null && !canSeal)
        {
            errors.Add("backupPassphrase", "is required to enable the backup API: there is none, and no confirmed public key");
        }

        errors.Range("administrationTokenExpiration", wish.AdministrationTokenExpiration, 5, 43_200);
        errors.Text("loginBannerMessage", wish.LoginBannerMessage, 4096);
        errors.Text("messageOfTheDay", wish.MessageOfTheDay, 4096);
        errors.Line("collectiveName", wish.CollectiveName, 128);
        errors.Range("claimsTokenExpiration", wish.ClaimsTokenExpiration, 0, int.MaxValue);
        errors.Range("entitlementTokenExpiration", wish.EntitlementTokenExpiration, 0, int.MaxValue);
        errors.Range("vpnCertificateExpiration", wish.VpnCertificateExpiration, 0, int.MaxValue);
        errors.Line("auditLogPersistenceMode", wish.AuditLogPersistenceMode, 64);
        return errors.Refusal;
    }

    /// <summary>One line a setting; of a secret only that it changed.</summary>
    private static void Audit(CatalogContext catalog, SettingsEntity settings, AuditTrail audit)
    {
        foreach (var property in catalog.Entry(settings).Properties.Where(p => p.IsModified))
        {
            var secret = property.Metadata.ClrType == typeof(byte[]);
            var name = secret ? "backupPassphrase" : System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(property.Metadata.Name);
            audit.Add("settings.change", name, secret ? "changed" : FormattableString.Invariant($"{property.OriginalValue} → {property.CurrentValue}"));
        }
    }

    private static GlobalSettings ToWire(SettingsEntity settings) => new(
        settings.BackupApiEnabled,
        BackupPassphrase: null,
        settings.AdministrationTokenExpiration,
        settings.LoginBannerMessage,
        settings.MessageOfTheDay,
        settings.CollectiveName,
        settings.CollectiveId,
        settings.ClaimsTokenExpiration,
        settings.EntitlementTokenExpiration,
        settings.VpnCertificateExpiration,
        settings.AuditLogPersistenceMode);
}
