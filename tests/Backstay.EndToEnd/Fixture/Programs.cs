using System.Reflection;

namespace Backstay.EndToEnd.Fixture;

/// <summary>
/// Where the programs under test are. <c>./test</c> publishes them as users get them, agent and CLI natively, and says where by
/// <c>BACKSTAY_PROGRAMS</c>; without it the ordinary build of the solution is used.
/// </summary>
internal static class Programs
{
    public static string Repository { get; } = Metadata("Repository");

    public static string Controller { get; } = Published("backstay-controller") ?? Built("Controller", "backstay-controller");

    public static string Agent { get; } = Published("backstay-agent") ?? Built("Agent", "backstay-agent");

    public static string Cli { get; } = Published("backstay") ?? Built("Cli", "backstay");

    private static string? Published(string name) =>
        Environment.GetEnvironmentVariable("BACKSTAY_PROGRAMS") is { Length: > 0 } folder ? Path.Combine(folder, name) : null;

    private static string Built(string project, string name) => Path.Combine(Repository, $"src/Backstay.{project}", Metadata("Built"), name);

    private static string Metadata(string key) =>
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
