using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Backstay.Controller.Access;

/// <summary>
/// Opaque bearer tokens (RFC 6750) of the admin API. Every request asks the catalog: a token revoked on one controller is revoked
/// on all at once.
/// </summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, CatalogContext catalog)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "token";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (BearerToken(Request) is not { } token)
        {
            return AuthenticateResult.NoResult();
        }

        var hash = HashOf(token);
        var now = TimeProvider.GetUtcNow();
        var found = await (
            from t in catalog.Tokens
            join user in catalog.LocalUsers on t.UserId equals user.Id
            where t.Hash == hash && t.Expires > now && !user.Disabled
            select new { Token = t, User = user }).AsNoTracking().FirstOrDefaultAsync(Context.RequestAborted);
        if (found is null)
        {
            // No failure: the framework would log every expired token, and the answer is the same 401.
            return AuthenticateResult.NoResult();
        }

        var caller = await CallerAsync(
            catalog, found.User, found.Token.SignIn, found.Token.Full, found.Token.Expires, Context.RequestAborted);
        return AuthenticateResult.Success(new AuthenticationTicket(caller, Scheme));
    }

    /// <summary>The user with the privileges of all its roles, as they are now.</summary>
    public static async Task<Caller> CallerAsync(
        CatalogContext catalog,
        LocalUserEntity user,
        Guid signIn,
        bool full,
        DateTimeOffset expires,
        CancellationToken cancellationToken)
    {
        var roles = await catalog.AdministrativeRoles.AsNoTracking()
            .Where(role => user.Roles.Contains(role.Id))
            .OrderBy(role => role.Name)
            .ToListAsync(cancellationToken);
        return new Caller(user.Id, user.Name, signIn, full, expires, [.. roles.SelectMany(role => role.Privileges)]);
    }

    /// <summary>A new token: 256 random bits, base64url.</summary>
    public static string NewToken() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>What of a token is kept.</summary>
    public static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>The token of an <c>Authorization: Bearer</c> header, or null.</summary>
    public static string? BearerToken(HttpRequest request)
    {
        var header = request.Headers[HeaderNames.Authorization].ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && header.Length > 7 ? header[7..].Trim() : null;
    }
}
