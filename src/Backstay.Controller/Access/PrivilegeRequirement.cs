using Backstay.Controller.Api;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace Backstay.Controller.Access;

/// <summary>The caller may do one of these to something at all (403 before the thing itself is looked up).</summary>
internal sealed record PrivilegeRequirement(PrivilegeTarget Target, params IReadOnlyList<PrivilegeType> Types) : IAuthorizationRequirement;

internal sealed class PrivilegeHandler : AuthorizationHandler<PrivilegeRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, PrivilegeRequirement requirement)
    {
        if (context.User is Caller { Full: true } caller && requirement.Types.Any(type => caller.May(type, requirement.Target)))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }
}

/// <summary>Writes refusals in the one error form.</summary>
internal sealed class AuthorizationResultHandler : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            return next(context);
        }

        var refusal = context.User is Caller { Full: true }
            ? ApiErrors.Forbidden(string.Join(
                ", ", policy.Requirements.OfType<PrivilegeRequirement>().Select(r => $"{string.Join(" or ", r.Types)} on {r.Target}")))
            : ApiErrors.Unauthorized();
        return refusal.ExecuteAsync(context);
    }
}

internal static class PrivilegeConventions
{
    /// <summary>Requires a full token (401) with this privilege on something (403). The scope is the handler's to check.</summary>
    public static TBuilder RequirePrivilege<TBuilder>(this TBuilder builder, PrivilegeType type, PrivilegeTarget target)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAnyPrivilege(target, type);

    /// <summary>Requires a full token (401) with one of these privileges on something (403).</summary>
    public static TBuilder RequireAnyPrivilege<TBuilder>(this TBuilder builder, PrivilegeTarget target, params PrivilegeType[] types)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(policy => policy
            .AddAuthenticationSchemes(TokenAuthentication.Scheme)
            .AddRequirements(new PrivilegeRequirement(target, types)));

    /// <summary>Requires a token (401), also that of <c>/authentication</c>.</summary>
    public static TBuilder RequireAnyToken<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(policy => policy
            .AddAuthenticationSchemes(TokenAuthentication.Scheme)
            .RequireAuthenticatedUser());
}
