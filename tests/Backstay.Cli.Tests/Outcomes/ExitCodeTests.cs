using Backstay.Cli.Tests.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Tests.Outcomes;

/// <summary>Every line of the table that <c>--help</c> prints. 3 and 7 are with the backups and the downloads, too.</summary>
public sealed class ExitCodeTests
{
    [Fact]
    public async Task Help_prints_the_table_and_examples_and_is_0()
    {
        var help = await CliProcess.RunAsync(["backup", "run", "--help"]);

        Assert.Equal(0, help.ExitCode);
        Assert.Contains("7  integrity", help.Output, StringComparison.Ordinal);
        Assert.Contains("\n  3  finished with warnings; or, of a diff", help.Output, StringComparison.Ordinal);
        Assert.Contains("\n130  interrupted", help.Output, StringComparison.Ordinal);
        Assert.Contains("backstay backup run gw-01 --logs --audit --wait", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(400, ErrorIds.BadRequest, 1)]
    [InlineData(401, ErrorIds.Unauthorized, 4)]
    [InlineData(403, ErrorIds.Forbidden, 4)]
    [InlineData(404, ErrorIds.NotFound, 5)]
    [InlineData(406, ErrorIds.NotAcceptable, 1)]
    [InlineData(412, ErrorIds.ApplianceOffline, 1)]
    [InlineData(429, ErrorIds.TooManyRequests, 1)]
    [InlineData(500, ErrorIds.InternalServerError, 1)]
    [InlineData(503, ErrorIds.BackupApiDisabled, 1)]
    public async Task A_refusal_has_the_code_of_its_status_and_the_body_of_the_wire(int status, string id, int exitCode)
    {
        await using var peer = await Peer.StartAsync();
        peer.Refusal = (status, new ApiError(id, "Said by the controller."));

        var list = await peer.RunAsync("appliance", "list", "--output", "json");

        Assert.Equal(exitCode, list.ExitCode);
        Assert.Empty(list.Output);
        Assert.StartsWith($"{{\"id\":\"{id}\",\"message\":\"Said by the controller.", list.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Not_signed_in_is_4()
    {
        Assert.Equal(4, (await CliProcess.RunAsync(["backup", "list"])).ExitCode);
    }

    [Fact]
    public async Task Nobody_listening_is_6()
    {
        string address;
        await using (var peer = await Peer.StartAsync())
            address = peer.Address.ToString();

        var list = await CliProcess.RunAsync(["backup", "list", "--controller", address], new Dictionary<string, string> { ["BACKSTAY_TOKEN"] = "x" });

        Assert.Equal(6, list.ExitCode);
    }

    [Fact]
    public async Task A_name_that_nobody_has_is_5()
    {
        await using var peer = await Peer.StartAsync();

        Assert.Equal(5, (await peer.RunAsync("appliance", "show", "nobody")).ExitCode);
    }

    [Theory]
    [InlineData("", "Say which: login, logout, appliance")]
    [InlineData("backup", "Say which: run, list, show")]
    [InlineData("bakcup list", "There is no command 'bakcup' here. Did you mean backup?")]
    [InlineData("backup rnu", "There is no command 'rnu' here. Did you mean run?")]
    [InlineData("backup run gw-01 --wiat", "There is no option '--wiat' here. Did you mean --wait?")]
    [InlineData("backup list --ouput json", "There is no option '--ouput' here. Did you mean --output?")]
    [InlineData("backup run", "either their names or --all")]
    [InlineData("backup run --all gw-01", "either their names or --all")]
    [InlineData("backup list --limit none", "--limit is a whole number from 1 on")]
    [InlineData("backup list -o xml", "--output is table or json")]
    [InlineData("backup delete gw-01 yesterday", "'yesterday' is not an id")]
    [InlineData("logout now", "'now' is a word too many")]
    [InlineData("completion tcsh", "tcsh")]
    public async Task What_can_not_be_understood_is_2_with_a_way_out(string arguments, string message)
    {
        var result = await CliProcess.RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Contains("--help", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_usage_error_is_json_when_json_was_asked_for()
    {
        var result = await CliProcess.RunAsync(["backup", "rnu", "--output", "json"]);

        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("{\"id\":\"usage\"", result.Error, StringComparison.Ordinal);
    }
}
