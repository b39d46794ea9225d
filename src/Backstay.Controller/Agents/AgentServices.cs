using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Agents;

internal static class AgentServices
{
    /// <summary>The lease, the session, health; and a part that comes again while its first connection hangs.</summary>
    private const int RequestsBesideParts = 4;

    /// <summary>Credentials, event streams and presence of the agents.</summary>
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, AgentAuthentication>(AgentAuthentication.Scheme, null);
        services.AddOptions<AgentOptions>()
            .BindConfiguration(AgentOptions.Section)
            .ValidateDataAnnotations()
            .Validate<IOptions<BackupOptions>>(
                (agents, backups) => agents.ParallelRequests >= backups.Value.ParallelParts + RequestsBesideParts,
                $"Agents:ParallelRequests must be at least {RequestsBesideParts} more than Backups:ParallelParts, or agents are refused what they are told to do.")
            .ValidateOnStart();
        services.AddSingleton<AgentLimits>();
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
