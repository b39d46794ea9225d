using System.Text;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Settings;

/// <summary>The settings in force, read anew for every question: a change through one controller holds on all at once.</summary>
internal sealed class SettingsReader(CatalogContext catalog, SecretProtection secrets)
{
    public async Task<SettingsModel> GetAsync(CancellationToken cancellationToken)
    {
        var settings = await catalog.Settings.AsNoTracking().SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken);
        return new SettingsModel(
            settings.BackupApiEnabled,
            TimeSpan.FromMinutes(settings.AdministrationTokenExpiration),
            settings.MessageOfTheDay,
            settings.ProtectedBackupPassphrase,
            secrets);
    }
}

/// <summary>The settings that other slices act on, as they were at one moment.</summary>
internal sealed class SettingsModel(
    bool backupApiEnabled, TimeSpan tokenLifetime, string messageOfTheDay, byte[]? protectedPassphrase, SecretProtection secrets)
{
    /// <summary>Off: backups are refused with 503. On only when there is a passphrase.</summary>
    public bool BackupApiEnabled => backupApiEnabled;

    public TimeSpan TokenLifetime => tokenLifetime;

    public string MessageOfTheDay => messageOfTheDay;

    public bool HasBackupPassphrase => protectedPassphrase is not null;

    /// <summary>The passphrase in clear, or null when none was ever set. Unprotected on demand only: don't keep it.</summary>
    public string? RevealBackupPassphrase() =>
        protectedPassphrase is null
            ? null
            : Encoding.UTF8.GetString(secrets.Unprotect(SecretProtection.BackupPassphrase, protectedPassphrase));
}
