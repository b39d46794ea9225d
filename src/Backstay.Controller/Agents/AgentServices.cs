using Microsoft.AspNetCore.Authentication;

namespace Backstay.Controller.Agents;

internal static class AgentServices
{
    /// <summary>Credentials, event streams and presence of the agents.</summary>
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, AgentAuthentication>(AgentAuthentication.Scheme, null);
        services.AddOptions<AgentOptions>().BindConfiguration(AgentOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<AgentLimits>();
        services.AddSingleton<AgentConnections>();
        services.AddSingleton<AgentPresence>();
        services.AddHostedService(provider => provider.GetRequiredService<AgentPresence>());
        return services;
    }
}
