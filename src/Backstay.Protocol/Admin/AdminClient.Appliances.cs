using Backstay.Protocol.Agent;

namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    /// <summary><c>GET /appliances</c>.</summary>
    public async Task<PagedList<Appliance>> ListAppliancesAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/appliances", query), AdminJson.Default.PagedListAppliance, cancellationToken);

    /// <summary><c>GET /appliances/status</c>: the same appliances with their condition.</summary>
    public async Task<PagedList<ApplianceStatus>> ListApplianceStatusAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/appliances/status", query), AdminJson.Default.PagedListApplianceStatus, cancellationToken);

    /// <summary><c>GET /appliances/{id}</c>.</summary>
    public async Task<Appliance> GetApplianceAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"admin/appliances/{id}", AdminJson.Default.Appliance, cancellationToken);

    /// <summary><c>POST /appliances</c>: a new, inactive appliance.</summary>
    public async Task<Appliance> CreateApplianceAsync(Appliance appliance, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, "admin/appliances", appliance, AdminJson.Default.Appliance, AdminJson.Default.Appliance, cancellationToken);

    /// <summary><c>PUT /appliances/{id}</c>: the whole object.</summary>
    public async Task<Appliance> UpdateApplianceAsync(Guid id, Appliance appliance, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put, $"admin/appliances/{id}", appliance, AdminJson.Default.Appliance, AdminJson.Default.Appliance, cancellationToken);

    /// <summary><c>DELETE /appliances/{id}</c>.</summary>
    public async Task DeleteApplianceAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"admin/appliances/{id}", cancellationToken);

    /// <summary><c>POST /appliances/{id}/export</c>: the seed, which works once. 412 when the appliance is already activated.</summary>
    public async Task<Seed> ExportSeedAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, $"admin/appliances/{id}/export", body: null, AdminJson.Default.Seed, cancellationToken);

    /// <summary>
    /// <c>POST /appliances/{id}/replace</c>: a seed for another machine; the old agent's credential is revoked, its unfinished backup ends.
    /// </summary>
    public async Task<Seed> ReplaceApplianceAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, $"admin/appliances/{id}/replace", body: null, AdminJson.Default.Seed, cancellationToken);

    /// <summary><c>POST /appliances/{id}/deactivate</c>: the agent's credential is revoked.</summary>
    public async Task DeactivateApplianceAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, $"admin/appliances/{id}/deactivate", cancellationToken);
}
