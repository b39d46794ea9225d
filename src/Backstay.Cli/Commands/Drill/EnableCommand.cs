using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Drill;

/// <summary><c>backstay drill enable</c>: an appliance may read the archives of others, one drill at a time.</summary>
internal sealed class EnableCommand : CliCommand
{
    private const int Never = 0;

    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly ApplianceSelectionOptions _selection;

    private readonly Option<int> _every = CommonOptions.Number(
        "--every", least: 1, Never, "Drill the newest good backup of each appliance at least every so many days (else only when asked)");

    public EnableCommand(GlobalOptions global)
        : base(
            global,
            "enable",
            "Make an appliance a drill machine, or change whose archives it may read",
            "backstay drill enable drill-01 --all --every 30",
            "backstay drill enable drill-01 --tag production --appliance gw-07")
    {
        Arguments.Add(_name);
        _selection = new ApplianceSelectionOptions(this);
        Options.Add(_every);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var selection = await _selection.ReadAsync(invocation, client, cancellationToken)
            ?? throw CliException.Usage("Say whose archives it may read: --all, or --appliance, --tag, --function.");
        var every = invocation.Value(_every);
        var machine = await client.SetDrillMachineAsync(
            appliance.Id, new DrillMachine(Appliances: selection, EveryDays: every == Never ? null : every), cancellationToken);
        invocation.Terminal.Result(machine, AdminJson.Default.DrillMachine, shown => DrillText.Show(invocation.Terminal, shown));
        invocation.Terminal.Hint("Its agent needs a \"drill\" section in its configuration, too, with the key that opens the archives.");
        return ExitCode.Ok;
    }
}
