using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Appliance;

/// <summary><c>backstay appliance remove</c>.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public RemoveCommand(GlobalOptions global)
        : base(global, "remove", "Remove an appliance; its agent is locked out", "backstay appliance remove gw-01 --yes")
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var question = $"Remove {appliance.Name}? Its agent can't connect any more.";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        await connection.Client.DeleteApplianceAsync(appliance.Id, cancellationToken);
        invocation.Terminal.Result(appliance, AdminJson.Default.ApplianceStatus, removed =>
            invocation.Terminal.Line($"Removed {removed.Name}."));
        return ExitCode.Ok;
    }
}
