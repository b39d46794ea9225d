namespace Backstay.Controller.Catalog;

/// <summary>The one row of settings.</summary>
internal sealed class SettingsEntity
{
    public const int TheId = 1;

    public int Id { get; init; } = TheId;

    public bool BackupApiEnabled { get; set; }

    /// <summary>The passphrase that archives are sealed to, protected.</summary>
    public byte[]? ProtectedBackupPassphrase { get; set; }

    /// <summary>Minutes.</summary>
    public int AdministrationTokenExpiration { get; set; } = 720;

    public string LoginBannerMessage { get; set; } = "";

    public string MessageOfTheDay { get; set; } = "";

    public string CollectiveName { get; set; } = "Backstay";

    public Guid CollectiveId { get; init; }

    public double ClaimsTokenExpiration { get; set; } = 1440;

    public double EntitlementTokenExpiration { get; set; } = 180;

    public double VpnCertificateExpiration { get; set; } = 525600;

    public string AuditLogPersistenceMode { get; set; } = "Default";

    /// <summary>Signs notifications, protected.</summary>
    public byte[]? ProtectedWebhookSecret { get; set; }

    public byte[]? ProtectedPreviousWebhookSecret { get; set; }

    public DateTimeOffset? PreviousWebhookSecretUntil { get; set; }
}
