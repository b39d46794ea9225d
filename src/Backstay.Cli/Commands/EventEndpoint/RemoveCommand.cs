using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.EventEndpoint;

/// <summary><c>backstay event-endpoint remove</c>.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string> _name = EndpointText.Name();
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public RemoveCommand(GlobalOptions global)
        : base(global, "remove", "Send events there no more", "backstay event-endpoint remove pager --yes")
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var endpoint = await connection.Client.FindEndpointAsync(invocation.Value(_name), cancellationToken);
        var question = $"Remove the endpoint {endpoint.Name}? Events are no longer sent to it.";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        await connection.Client.DeleteEventEndpointAsync(endpoint.Id!.Value, cancellationToken);
        invocation.Terminal.Result(endpoint, AdminJson.Default.EventEndpoint, removed => invocation.Terminal.Line($"Removed {removed.Name}."));
        return ExitCode.Ok;
    }
}
