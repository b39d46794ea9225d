namespace Backstay.Protocol.Admin;

/// <summary>
/// The one settings object. Clients read it, change a field and PUT it back with only the fields that they know:
/// a field that is missing keeps its value.
/// </summary>
/// <param name="BackupPassphrase">Write only, 12 to 1,024 characters; never in an answer.</param>
/// <param name="AdministrationTokenExpiration">Minutes, 5 to 43,200; default 720.</param>
/// <param name="CollectiveId">Read only.</param>
public sealed record GlobalSettings(
    bool? BackupApiEnabled = null,
    string? BackupPassphrase = null,
    int? AdministrationTokenExpiration = null,
    string? LoginBannerMessage = null,
    string? MessageOfTheDay = null,
    string? CollectiveName = null,
    Guid? CollectiveId = null,
    double? ClaimsTokenExpiration = null,
    double? EntitlementTokenExpiration = null,
    double? VpnCertificateExpiration = null,
    string? AuditLogPersistenceMode = null);
