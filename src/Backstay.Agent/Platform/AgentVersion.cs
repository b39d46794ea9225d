using System.Reflection;

namespace Backstay.Agent.Platform;

internal static class AgentVersion
{
    /// <summary>Of this build, such as <c>0.1.0</c>.</summary>
    public static string Current { get; } =
        typeof(AgentVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
