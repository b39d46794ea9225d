using System.Reflection;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Backstay.Controller.Access;
using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Agents;

/// <summary>The agent that makes this request: the one of this appliance, and of no other. Handlers take it as a parameter.</summary>
internal sealed class AgentCaller(Guid applianceId, string name, byte[] credentialHash)
    : ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], AgentAuthentication.Scheme))
{
    public Guid ApplianceId => applianceId;

    /// <summary>The appliance's name.</summary>
    public string Name => name;

    public byte[] CredentialHash => credentialHash;

    public static ValueTask<AgentCaller?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return ValueTask.FromResult(context.User as AgentCaller);
    }
}

/// <summary>
/// The credential of an agent, as a bearer token. The catalog is asked with every request: a credential that was revoked, or replaced
/// by a new enrolment, is refused from then on.
/// </summary>
internal sealed class AgentAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder,
    IDbContextFactory<CatalogContext> catalogs)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public new const string Scheme = "agent";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (TokenAuthentication.BearerToken(Request) is not { } credential)
            return AuthenticateResult.NoResult();

        // Not the request's own context: an event stream is a request that lasts for days, and would keep it.
        await using var catalog = await catalogs.CreateDbContextAsync(Context.RequestAborted);
        var hash = TokenAuthentication.HashOf(credential);
        var appliance = await catalog.Appliances.AsNoTracking()
            .Where(a => a.CredentialHash == hash)
            .Select(a => new { a.Id, a.Name })
            .FirstOrDefaultAsync(Context.RequestAborted);
        return appliance is null
            ? AuthenticateResult.Fail("unknown credential")
            : AuthenticateResult.Success(new AuthenticationTicket(new AgentCaller(appliance.Id, appliance.Name, hash), Scheme));
    }
}

internal static class AgentConventions
{
    /// <summary>
    /// Requires the credential of an enrolled agent (401), and that it keeps to its share (429). What it may touch, its appliance decides.
    /// </summary>
    public static TBuilder RequireAgent<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder
            .RequireAuthorization(policy => policy.AddAuthenticationSchemes(AgentAuthentication.Scheme).RequireAuthenticatedUser())
            .AddEndpointFilter<TBuilder, AgentLimitFilter>();
}
