using System.Diagnostics;

namespace Backstay.Controller.Tests.Commands;

/// <summary>
/// The program as a process, for commands that end. <c>./test</c> publishes it as users get it, compiled ahead, and says where by
/// <c>BACKSTAY_PROGRAMS</c>; without it the ordinary build is used.
/// </summary>
internal static class ControllerProgram
{
    private static readonly string[] Program = Environment.GetEnvironmentVariable("BACKSTAY_PROGRAMS") is { Length: > 0 } folder
        ? [Path.Join(folder, "backstay-controller")]
        : ["dotnet", Path.Join(AppContext.BaseDirectory, "backstay-controller.dll")];

    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program[0], [.. Program[1..], .. arguments])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = await process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output, errors);
    }
}
