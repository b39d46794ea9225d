using System.CommandLine;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Drill;

/// <summary><c>backstay drill disable</c>: the machine reads no archive from then on.</summary>
internal sealed class DisableCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();

    public DisableCommand(GlobalOptions global)
        : base(global, "disable", "Make a drill machine an ordinary appliance again", "backstay drill disable drill-01")
    {
        Arguments.Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        await connection.Client.DeleteDrillMachineAsync(appliance.Id, cancellationToken);
        invocation.Terminal.Line($"{appliance.Name} is no drill machine any more.");
        return ExitCode.Ok;
    }
}
