using System.Text.Json;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.EndToEnd.Fixture;

/// <summary>An agent process with a configuration and an enrolment of its own.</summary>
internal sealed class AgentUnderTest : IAsyncDisposable
{
    private readonly Installation _installation;
    private readonly string _folder;
    private LongProcess? _process;

    public AgentUnderTest(Installation installation, Guid appliance, string folder, string source, string? rateLimit, string? state = null, string? drill = null)
    {
        _installation = installation;
        _folder = Directory.CreateDirectory(folder).FullName;
        Appliance = appliance;
        var limit = rateLimit is null ? "" : $$""", "upload": { "rateLimit": "{{rateLimit}}" }""";
        var drills = drill is null ? "" : $""", "drill": {drill}""";
        File.WriteAllText(
            Path.Combine(_folder, "agent.json"),
            $$"""{ "config": [ { "files": ["{{source}}"] } ], "state": [{{state}}], "logs": [], "audit": []{{limit}}{{drills}} }""");
    }

    public Guid Appliance { get; }

    public string Said => _process?.Said ?? "";

    public int ProcessId => _process!.Id;

    public async Task EnrolAsync(Seed seed)
    {
        var file = Path.Combine(_folder, "seed.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(seed, AgentJson.Default.Seed));
        (await Command.RunAsync(Programs.Agent, ["enrol", file, "--state", Path.Combine(_folder, "state")])).Expect(0);
    }

    public void Start() => _process = new LongProcess(Programs.Agent, ["run", .. Options], new Dictionary<string, string?>());

    /// <summary>kill -9.</summary>
    public Task KillAsync() => _process!.KillAsync();

    public Task OnlineAsync() => Eventually.TrueAsync(
        async () =>
        {
            var list = await JsonSerializer.DeserializeAsync(
                await _installation.Http.GetStreamAsync("/admin/appliances/status"), AdminJson.Default.PagedListApplianceStatus);
            return list!.Data.Single(a => a.Id == Appliance).Status is not ApplianceHealth.Offline and not ApplianceHealth.NotAvailable;
        },
        TimeSpan.FromSeconds(30),
        () => $"the agent is not online:\n{Said}\n{_installation.ControllerSaid}");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private string[] Options => ["--config", Path.Combine(_folder, "agent.json"), "--state", Path.Combine(_folder, "state")];
}
