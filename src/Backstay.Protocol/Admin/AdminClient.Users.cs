namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    /// <summary><c>GET /local-users</c>.</summary>
    public async Task<PagedList<LocalUser>> ListUsersAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/local-users", query), AdminJson.Default.PagedListLocalUser, cancellationToken);

    /// <summary><c>GET /local-users/{id}</c>.</summary>
    public async Task<LocalUser> GetUserAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"admin/local-users/{id}", AdminJson.Default.LocalUser, cancellationToken);

    /// <summary><c>POST /local-users</c>.</summary>
    public async Task<LocalUser> CreateUserAsync(LocalUser user, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, "admin/local-users", user, AdminJson.Default.LocalUser, AdminJson.Default.LocalUser, cancellationToken);

    /// <summary><c>PUT /local-users/{id}</c>: the whole object; without a password the old one stays.</summary>
    public async Task<LocalUser> UpdateUserAsync(Guid id, LocalUser user, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put, $"admin/local-users/{id}", user, AdminJson.Default.LocalUser, AdminJson.Default.LocalUser, cancellationToken);

    /// <summary><c>DELETE /local-users/{id}</c>.</summary>
    public async Task DeleteUserAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"admin/local-users/{id}", cancellationToken);

    /// <summary><c>GET /administrative-roles</c>.</summary>
    public async Task<PagedList<AdministrativeRole>> ListRolesAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/administrative-roles", query), AdminJson.Default.PagedListAdministrativeRole, cancellationToken);

    /// <summary><c>GET /administrative-roles/{id}</c>.</summary>
    public async Task<AdministrativeRole> GetRoleAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"admin/administrative-roles/{id}", AdminJson.Default.AdministrativeRole, cancellationToken);

    /// <summary><c>POST /administrative-roles</c>.</summary>
    public async Task<AdministrativeRole> CreateRoleAsync(AdministrativeRole role, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            "admin/administrative-roles",
            role,
            AdminJson.Default.AdministrativeRole,
            AdminJson.Default.AdministrativeRole,
            cancellationToken);

    /// <summary><c>PUT /administrative-roles/{id}</c>: the whole object.</summary>
    public async Task<AdministrativeRole> UpdateRoleAsync(Guid id, AdministrativeRole role, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put,
            $"admin/administrative-roles/{id}",
            role,
            AdminJson.Default.AdministrativeRole,
            AdminJson.Default.AdministrativeRole,
            cancellationToken);

    /// <summary><c>DELETE /administrative-roles/{id}</c>.</summary>
    public async Task DeleteRoleAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"admin/administrative-roles/{id}", cancellationToken);
}
