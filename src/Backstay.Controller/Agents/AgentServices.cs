using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Agents;

internal static class AgentServices
{
    /// <summary>Credentials, event streams and presence of the agents.</summary>
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, AgentAuthentication>(AgentAuthentication.Scheme, null);
        services.AddSingleton<AgentConnections>();
        services.AddSingleton<AgentPresence>();
        services.AddHostedService(provider => provider.GetRequiredService<AgentPresence>());

        // Both are described; what isn't asked for is never made.
        services.AddSingleton<LocalHints>();
        services.AddSingleton<PostgresHints>();
        services.AddSingleton<IHintChannel>(provider => IsShared(provider)
            ? provider.GetRequiredService<PostgresHints>()
            : provider.GetRequiredService<LocalHints>());
        services.AddHostedService<HintReceiver>();
        return services;
    }

    private static bool IsShared(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<CatalogOptions>>().Value.Provider is CatalogProvider.Postgres;
}
