namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    /// <summary><c>GET /version</c>: what the controller speaks. Needs no token.</summary>
    public async Task<VersionInfo> GetVersionAsync(CancellationToken cancellationToken) =>
        await GetAsync("admin/version", AdminJson.Default.VersionInfo, cancellationToken);

    /// <summary><c>GET /identity-providers/names</c>: the ways to sign in. Needs no token.</summary>
    public async Task<IdentityProviderNames> GetIdentityProviderNamesAsync(CancellationToken cancellationToken) =>
        await GetAsync("admin/identity-providers/names", AdminJson.Default.IdentityProviderNames, cancellationToken);

    /// <summary><c>POST /login</c>: a token for the calls to come. 401 when the credentials are wrong.</summary>
    public async Task<LoginResponse> LoginAsync(LoginRequest request, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, "admin/login", request, AdminJson.Default.LoginRequest, AdminJson.Default.LoginResponse, cancellationToken);

    /// <summary><c>GET /authorization</c>: whether the token still holds, and a fresh one.</summary>
    public async Task<LoginResponse> AuthorizeAsync(CancellationToken cancellationToken) =>
        await GetAsync("admin/authorization", AdminJson.Default.LoginResponse, cancellationToken);

    /// <summary><c>POST /logout</c>: revokes the tokens of this sign-in.</summary>
    public async Task LogoutAsync(CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, "admin/logout", cancellationToken);
}
