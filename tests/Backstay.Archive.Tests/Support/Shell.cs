using System.Diagnostics;

namespace Backstay.Archive.Tests.Support;

/// <summary>Runs the real tools.</summary>
internal static class Shell
{
    /// <summary>Runs a bash script; fails the test if it doesn't exit with 0.</summary>
    public static async Task<string> RunAsync(string script, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", script])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"exit {process.ExitCode}: {script}\n{output}\n{await errors}");
        return output;
    }
}
