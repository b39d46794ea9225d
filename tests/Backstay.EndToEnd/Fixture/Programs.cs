using System.Reflection;

namespace Backstay.EndToEnd.Fixture;

/// <summary>
/// Where the programs under test are. `./test` publishes agent and CLI natively, as users get them, and says where by
/// <c>BACKSTAY_NATIVE</c>; without it the ordinary build of the solution is used.
/// </summary>
internal static class Programs
{
    public static string Repository { get; } = Metadata("Repository");

    public static string Controller { get; } = Path.Combine(Repository, "src/Backstay.Controller", Metadata("Built"), "backstay-controller");

    public static string Agent { get; } = Native("backstay-agent") ?? Path.Combine(Repository, "src/Backstay.Agent", Metadata("Built"), "backstay-agent");

    public static string Cli { get; } = Native("backstay") ?? Path.Combine(Repository, "src/Backstay.Cli", Metadata("Built"), "backstay");

    private static string? Native(string name) =>
        Environment.GetEnvironmentVariable("BACKSTAY_NATIVE") is { Length: > 0 } folder ? Path.Combine(folder, name) : null;

    private static string Metadata(string key) =>
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
