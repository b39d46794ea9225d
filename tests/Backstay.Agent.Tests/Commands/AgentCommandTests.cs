using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Backstay.Agent.Commands;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Xunit;

namespace Backstay.Agent.Tests.Commands;

public sealed class AgentCommandTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private TestController _controller = null!;

    private string State => _folder.Of("state");

    private string Credential => _folder.Of("state/credential.json");

    public async ValueTask InitializeAsync() => _controller = await TestController.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _controller.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_seed_is_traded_for_a_credential_once()
    {
        var seed = WriteSeed();

        var first = await RunAsync("enrol", seed, "--state", State);
        var again = await RunAsync("enrol", seed, "--state", State);
        var forced = await RunAsync("enrol", seed, "--state", State, "--force");

        Assert.Equal((ExitCode.Ok, ExitCode.Failure, ExitCode.Ok), (first.Code, again.Code, forced.Code));
        Assert.Contains("Enrolled as gateway-1", first.Output, StringComparison.Ordinal);
        Assert.Contains("--force", again.Error, StringComparison.Ordinal);
        Assert.Contains(_controller.Credential, await File.ReadAllTextAsync(Credential), StringComparison.Ordinal);
        Assert.Equal(2, _controller.Calls.Count(call => call == "POST enrol"));
    }

    [Fact]
    public async Task A_seed_of_another_key_enrols_nobody()
    {
        var answer = await RunAsync("enrol", WriteSeed(pins: ["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]), "--state", State);

        Assert.Equal(ExitCode.Unreachable, answer.Code);
        Assert.Contains("not one that this appliance was enrolled with", answer.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Credential));
        Assert.Empty(_controller.Calls);
    }

    [Fact]
    public async Task A_seed_that_can_not_be_used_is_refused_before_anybody_is_asked()
    {
        string[] seeds =
        [
            WriteSeed(expires: DateTimeOffset.UtcNow.AddMinutes(-1)), WriteSeed(pins: []), WriteSeed(pins: ["short"]),
            WriteSeed(controllers: ["http://controller:8080"]), WriteSeed(controllers: []), _folder.Write("broken.json", "{"),
            _folder.Write("other.json", """{ "format": 1 }"""),
        ];

        foreach (var seed in seeds)
        {
            var answer = await RunAsync("enrol", seed, "--state", State);
            Assert.Equal(ExitCode.Failure, answer.Code);
            Assert.NotEmpty(answer.Error);
        }

        Assert.Empty(_controller.Calls);
        Assert.Equal(ExitCode.NotFound, (await RunAsync("enrol", _folder.Of("nowhere.json"), "--state", State)).Code);
    }

    [Fact]
    public async Task A_token_that_the_controller_refuses_is_not_allowed()
    {
        _controller.Before = async (context, _) =>
        {
            await TestController.RefuseAsync(context, 401, ErrorIds.SeedExpired);
            return true;
        };

        Assert.Equal(ExitCode.NotAllowed, (await RunAsync("enrol", WriteSeed(), "--state", State)).Code);
        Assert.False(File.Exists(Credential));
    }

    [Fact]
    public async Task Check_names_all_that_is_wrong_and_plan_shows_what_is_there()
    {
        await RunAsync("enrol", WriteSeed(), "--state", State);
        _folder.Write("etc/a", "12345");
        var config = _folder.Write("agent.json", $$"""
            { "config": [ { "files": ["{{_folder.Of("etc")}}"] }, { "files": ["/nowhere/a", "/nowhere/b"] } ],
              "state": [ { "command": ["/no/such/tool"], "name": "x" } ], "logs": [], "audit": [] }
            """);

        var check = await RunAsync("check", "--config", config, "--state", State);
        var plan = await RunAsync("plan", "--config", config, "--state", State);

        Assert.Equal(ExitCode.Failure, check.Code);
        Assert.Contains($"ok    controller {_controller.Address}", check.Output, StringComparison.Ordinal);
        Assert.Contains("/nowhere/a does not exist", check.Output, StringComparison.Ordinal);
        Assert.Contains("/nowhere/b does not exist", check.Output, StringComparison.Ordinal);
        Assert.Contains("/no/such/tool is not installed", check.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Ok, plan.Code);
        Assert.Matches($"config +1 +5 B +files {_folder.Of("etc")}", plan.Output);
    }

    [Fact]
    public async Task Mistakes_of_the_configuration_are_wrong_usage_in_every_command()
    {
        var config = _folder.Write("agent.json", """{ "stat": [], "priority": { "nice": 20 } }""");

        foreach (var command in new[] { "run", "check", "plan" })
        {
            var answer = await RunAsync(command, "--config", config, "--state", State);
            Assert.Equal(ExitCode.Usage, answer.Code);
            Assert.Contains("has 2 mistakes", answer.Error, StringComparison.Ordinal);
            Assert.Contains("stat: unknown", answer.Error, StringComparison.Ordinal);
            Assert.Contains("priority.nice: ", answer.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_machine_that_is_not_enrolled_can_not_run()
    {
        var answer = await RunAsync("run", "--state", State, "--config", _folder.Write("agent.json", "{}"));

        Assert.Equal(ExitCode.NotFound, answer.Code);
        Assert.Contains("backstay-agent enrol", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_real_program_runs_gives_way_and_stops_on_SIGTERM()
    {
        await RunAsync("enrol", WriteSeed(), "--state", State);
        using var process = Process.Start(new ProcessStartInfo(
            typeof(AgentCommandTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "AgentProgram").Value!,
            ["run", "--state", State, "--config", _folder.Write("agent.json", "{}")])
        {
            RedirectStandardError = true,
        })!;
        var log = process.StandardError.ReadToEndAsync();
        while (_controller.Health.IsEmpty && !process.HasExited)
            await Task.Delay(50);

        Assert.False(process.HasExited, process.HasExited ? await log : "");
        // proc(5), stat: the 19th field is the nice value; after the name in brackets it is the 17th.
        var stat = await File.ReadAllTextAsync($"/proc/{process.Id}/stat");
        Assert.Equal("10", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[16]);
        Assert.StartsWith("idle", await Shell.RunAsync("ionice", "-p", $"{process.Id}"), StringComparison.Ordinal);

        var second = await RunAsync("run", "--state", State, "--config", _folder.Of("agent.json"));
        Assert.Equal(ExitCode.Failure, second.Code);
        Assert.Contains("Another agent runs", second.Error, StringComparison.Ordinal);

        await Shell.RunAsync("kill", "-TERM", $"{process.Id}");
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(ExitCode.Ok, process.ExitCode);
        Assert.Contains("Stopped.", await log, StringComparison.Ordinal);
    }

    private string WriteSeed(IReadOnlyList<string>? controllers = null, IReadOnlyList<string>? pins = null, DateTimeOffset? expires = null)
    {
        var seed = new Seed(
            1, Guid.NewGuid(), "gateway-1", controllers ?? [_controller.Address], "token", expires ?? DateTimeOffset.UtcNow.AddHours(1),
            pins ?? [_controller.Pin]);
        return _folder.Write($"{Guid.NewGuid()}.json", JsonSerializer.Serialize(seed, AgentJson.Default.Seed));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        var code = await AgentCommand.Create(TimeProvider.System).Parse(arguments).InvokeAsync(new() { Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }
}
