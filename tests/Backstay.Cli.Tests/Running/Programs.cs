using System.Reflection;

namespace Backstay.Cli.Tests.Running;

/// <summary>
/// Where the programs under test are. <c>./test</c> publishes them as users get them, the command line natively, and says where by
/// <c>BACKSTAY_PROGRAMS</c>; without it the ordinary build is used.
/// </summary>
internal static class Programs
{
    public static string Cli { get; } = Published("backstay") ?? Path.Join(AppContext.BaseDirectory, "backstay");

    public static string Controller { get; } = Published("backstay-controller")
        ?? typeof(Programs).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "Controller").Value!;

    private static string? Published(string name) =>
        Environment.GetEnvironmentVariable("BACKSTAY_PROGRAMS") is { Length: > 0 } folder ? Path.Join(folder, name) : null;
}
