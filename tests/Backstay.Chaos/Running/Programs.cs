using System.Reflection;

namespace Backstay.Chaos.Running;

/// <summary>
/// Where the programs under test are. <c>./test</c> publishes them as users get them, the agent natively, and says where by
/// <c>BACKSTAY_PROGRAMS</c>; without it the ordinary build is used.
/// </summary>
internal static class Programs
{
    public static string Controller { get; } = Published("backstay-controller") ?? Built("Controller", "backstay-controller");

    public static string Agent { get; } = Published("backstay-agent") ?? Built("Agent", "backstay-agent");

    private static string? Published(string name) =>
        Environment.GetEnvironmentVariable("BACKSTAY_PROGRAMS") is { Length: > 0 } folder ? Path.Combine(folder, name) : null;

    private static string Built(string project, string name) =>
        Path.Combine(Metadata("Repository"), $"src/Backstay.{project}", Metadata("Built"), name);

    private static string Metadata(string key) =>
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
