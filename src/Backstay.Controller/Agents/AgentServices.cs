using Microsoft.AspNetCore.Authentication;

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
        services.AddSingleton<IHintChannel, LocalHints>();
        services.AddHostedService<HintPoll>();
        return services;
    }
}
