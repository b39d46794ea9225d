using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.EventEndpoint;

/// <summary><c>backstay event-endpoint test</c>.</summary>
internal sealed class TestCommand : CliCommand
{
    private readonly Argument<string> _name = EndpointText.Name();

    public TestCommand(GlobalOptions global)
        : base(global, "test", "Send a POST that tells of nothing, to see whether it arrives", "backstay event-endpoint test pager") =>
        Arguments.Add(_name);

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var endpoint = await connection.Client.FindEndpointAsync(invocation.Value(_name), cancellationToken);
        await connection.Client.TestEventEndpointAsync(endpoint.Id!.Value, cancellationToken);
        invocation.Terminal.Result(endpoint, AdminJson.Default.EventEndpoint, tested =>
            invocation.Terminal.Line($"A test is on its way to {tested.Name}. See what comes of it with: backstay notification list"));
        return ExitCode.Ok;
    }
}
