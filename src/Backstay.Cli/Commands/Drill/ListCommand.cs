using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Drill;

/// <summary><c>backstay drill list</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private readonly Option<string?> _appliance = new("--appliance") { Description = "Only of this appliance, by name or id", HelpName = "NAME" };

    private readonly Option<string?> _state = new Option<string?>("--state") { Description = "Only those in this state", HelpName = "STATE" }
        .AcceptOnlyFromAmong("waiting", "running", "passed", "failed", "could-not", "cancelled");

    private readonly Option<int> _limit = CommonOptions.Limit(50);

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List drills, newest first",
            "backstay drill list",
            "backstay drill list --appliance gw-01 --state failed")
    {
        Options.Add(_appliance);
        Options.Add(_state);
        Options.Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var filters = new List<string>();
        if (invocation.Value(_appliance) is { } name)
            filters.Add($"applianceId:{(await client.FindApplianceAsync(name, cancellationToken)).Id}");
        if (invocation.Value(_state) is { } state)
            filters.Add($"state:{state}");
        var list = await client.ListDrillsAsync(
            new ListRequest(Range: $"0-{invocation.Value(_limit) - 1}", FilterBy: filters), cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.Drill, new Columns<DrillRecord>()
            .Add("APPLIANCE", drill => drill.ApplianceName)
            .Add("STATE", DrillText.State, DrillText.Style)
            .Add("MACHINE", drill => drill.MachineName)
            .Add("ASKED FOR", drill => Human.Time(drill.Created, invocation.Clock))
            .Add("ENDED", drill => Human.Time(drill.Ended, invocation.Clock))
            .Add("MESSAGE", drill => drill.Message)
            .Add("ID", drill => drill.Id.ToString()));
        return ExitCode.Ok;
    }
}
