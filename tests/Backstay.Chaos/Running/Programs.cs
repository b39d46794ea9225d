using System.Reflection;

namespace Backstay.Chaos.Running;

/// <summary>
/// Where the programs under test are. <c>./test</c> publishes the agent natively, as users get it, and says where by
/// <c>BACKSTAY_NATIVE</c>; without it the ordinary build is used.
/// </summary>
internal static class Programs
{
    public static string Controller { get; } =
        Path.Combine(Metadata("Repository"), "src/Backstay.Controller", Metadata("Built"), "backstay-controller");

    public static string Agent { get; } = Environment.GetEnvironmentVariable("BACKSTAY_NATIVE") is { Length: > 0 } native
        ? Path.Combine(native, "backstay-agent")
        : Path.Combine(Metadata("Repository"), "src/Backstay.Agent", Metadata("Built"), "backstay-agent");

    private static string Metadata(string key) =>
        typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
