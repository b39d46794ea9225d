using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.EventEndpoint;

/// <summary><c>backstay event-endpoint list</c>.</summary>
internal sealed class ListCommand(GlobalOptions global) : CliCommand(
    global, "list", "List where events are sent", "backstay event-endpoint list")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var endpoints = (await connection.Client.ListEventEndpointsAsync(null, cancellationToken)).Data;
        invocation.Terminal.Result(endpoints, AdminJson.Default.EventEndpoint, new Columns<Protocol.Admin.EventEndpoint>()
            .Add("NAME", endpoint => endpoint.Name)
            .Add("STATE", endpoint => endpoint.Paused ? "paused" : "on", endpoint => endpoint.Paused ? Styles.Busy : Styles.Good)
            .Add("URL", endpoint => endpoint.Url)
            .Add("KINDS", EndpointText.Kinds)
            .Add("ID", endpoint => endpoint.Id?.ToString()));
        if (endpoints.Count == 0)
            invocation.Terminal.Hint("Events are sent nowhere by POST. Add an endpoint with: backstay event-endpoint set pager --url https://…");
        return ExitCode.Ok;
    }
}
