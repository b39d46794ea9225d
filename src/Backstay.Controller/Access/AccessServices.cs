using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Backstay.Controller.Access;

internal static class AccessServices
{
    /// <summary>Tokens, privileges and the local users behind them.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services)
    {
        // No default scheme: every endpoint names its own, and a token is looked up for that one alone.
        services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.Scheme, null);
        services.AddAuthorization();
        services.AddSingleton<IAuthorizationHandler, PrivilegeHandler>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuthorizationResultHandler>();
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(_ => new Passwords());
        services.AddSingleton<SignInLimiter>();
        services.AddScoped<SignIn>();
        services.AddHostedService<TokenSweep>();
        return services;
    }
}
