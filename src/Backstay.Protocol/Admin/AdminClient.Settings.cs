namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    /// <summary><c>GET /global-settings</c>.</summary>
    public async Task<GlobalSettings> GetSettingsAsync(CancellationToken cancellationToken) =>
        await GetAsync("admin/global-settings", AdminJson.Default.GlobalSettings, cancellationToken);

    /// <summary><c>PUT /global-settings</c>: a field that is null keeps its value.</summary>
    public async Task<GlobalSettings> UpdateSettingsAsync(GlobalSettings settings, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put,
            "admin/global-settings",
            settings,
            AdminJson.Default.GlobalSettings,
            AdminJson.Default.GlobalSettings,
            cancellationToken);

    /// <summary><c>GET /audit-log</c>.</summary>
    public async Task<PagedList<AuditEntry>> ListAuditAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/audit-log", query), AdminJson.Default.PagedListAuditEntry, cancellationToken);
}
