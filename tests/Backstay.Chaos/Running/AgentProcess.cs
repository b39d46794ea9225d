using System.Diagnostics;
using System.Text.Json;
using Backstay.Protocol.Agent;

namespace Backstay.Chaos.Running;

/// <summary>A real agent with an appliance, sources and an enrolment of its own.</summary>
internal sealed class AgentProcess : IAsyncDisposable
{
    private readonly string[] _options;

    private AgentProcess(Guid appliance, SourceTree source, ChildProcess process, string[] options, string stateFolder) =>
        (Appliance, Source, Process, _options, StateFolder) = (appliance, source, process, options, stateFolder);

    public Guid Appliance { get; }

    public SourceTree Source { get; }

    public ChildProcess Process { get; }

    public string StateFolder { get; }

    /// <summary>Whether its event stream is open, as far as it has said.</summary>
    public bool IsConnected { get; private set; }

    /// <param name="rateLimit">As in agent.json; null for none.</param>
    public static async Task<AgentProcess> EnrolAsync(
        string folder, Seed seed, SourceTree source, string? rateLimit, Action<ChildProcess, string> heard, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var (configuration, state, seedFile) = (Path.Combine(folder, "agent.json"), Path.Combine(folder, "state"), Path.Combine(folder, "seed.json"));
        var upload = rateLimit is null ? "{}" : $$"""{ "rateLimit": "{{rateLimit}}" }""";
        await File.WriteAllTextAsync(
            configuration,
            $$"""
            { "config": [ { "files": ["{{source.Folder}}"] } ], "state": [], "logs": [], "audit": [],
              "upload": {{upload}}, "priority": { "nice": 0, "ioClass": "best-effort" } }
            """,
            cancellationToken);
        await File.WriteAllTextAsync(seedFile, JsonSerializer.Serialize(seed, AgentJson.Default.Seed), cancellationToken);
        await RunAsync(["enrol", seedFile, "--state", state], cancellationToken);

        AgentProcess? agent = null;
        var process = new ChildProcess($"agent {Path.GetFileName(folder)}", Programs.Agent, folder + ".log", (speaker, line) =>
        {
            agent!.Hear(line);
            heard(speaker, line);
        });
        agent = new(seed.ApplianceId, source, process, ["--config", configuration, "--state", state, "--verbose"], state);
        return agent;
    }

    public void Start()
    {
        IsConnected = false;
        Process.Start(["run", .. _options], new Dictionary<string, string>());
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();

    private void Hear(string line)
    {
        if (line.Contains("Connected to ", StringComparison.Ordinal))
            IsConnected = true;
        else if (line.Contains("The event stream of ", StringComparison.Ordinal))
            IsConnected = false;
    }

    private static async Task RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Programs.Agent, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        var said = process.StandardError.ReadToEndAsync(cancellationToken);
        await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"backstay-agent {string.Join(' ', arguments)}: {await said}");
    }
}
