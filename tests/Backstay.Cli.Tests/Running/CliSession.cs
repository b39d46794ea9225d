using System.Text.Json;

namespace Backstay.Cli.Tests.Running;

/// <summary>Somebody who has signed in.</summary>
internal sealed class CliSession(TemporaryFolder folder) : IDisposable
{
    public TemporaryFolder Folder { get; } = folder;

    public Task<CliResult> RunAsync(params string[] arguments) => CliProcess.RunAsync(arguments, Environment());

    public Task<CliResult> RunWithInputAsync(string input, params string[] arguments) => CliProcess.RunAsync(arguments, Environment(), input);

    /// <summary>The output of a command that has to succeed.</summary>
    public async Task<JsonElement> JsonAsync(params string[] arguments)
    {
        var result = await RunAsync([.. arguments, "--output", "json"]);
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonElement.Parse(result.Output);
    }

    public void Dispose() => Folder.Dispose();

    private Dictionary<string, string> Environment() => new() { ["BACKSTAY_CONFIG"] = Folder.File("config.json") };
}
