using Backstay.Cli.Commands.Schedule;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Drill;

/// <summary><c>backstay drill machines</c>.</summary>
internal sealed class MachinesCommand(GlobalOptions global)
    : CliCommand(global, "machines", "List the drill machines and whose archives they may read", "backstay drill machines")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var list = await connection.Client.ListDrillMachinesAsync(query: null, cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.DrillMachine, new Columns<DrillMachine>()
            .Add("NAME", machine => machine.Name)
            .Add("STATE", DrillText.State, DrillText.Style)
            .Add("MAY READ", machine => ScheduleText.Appliances(machine.Appliances))
            .Add("DRILLS EVERY", DrillText.Often)
            .Add("MADE BY", machine => machine.MadeBy)
            .Add("ID", machine => machine.ApplianceId?.ToString()));
        if (list.Data.Count == 0)
            invocation.Terminal.Hint("No appliance is a drill machine. Make one with: backstay drill enable NAME --all --every 30");
        return ExitCode.Ok;
    }
}
