using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule appliances</c>: what became of the last run, for each.</summary>
internal sealed class AppliancesCommand : CliCommand
{
    private readonly Argument<string> _name = ScheduleText.Name();

    private readonly Option<string?> _state = new("--state")
    {
        Description = "Only those whose last run is so",
        HelpName = "waiting|started|served|missed",
    };

    public AppliancesCommand(GlobalOptions global)
        : base(
            global,
            "appliances",
            "List the appliances of a schedule with their last run",
            "backstay schedule appliances nightly",
            "backstay schedule appliances nightly --state missed")
    {
        _state.AcceptOnlyFromAmong("waiting", "started", "served", "missed");
        Arguments.Add(_name);
        Options.Add(_state);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var schedule = await connection.Client.FindScheduleAsync(invocation.Value(_name), cancellationToken);
        var query = invocation.Value(_state) is { } state ? new ListRequest(FilterBy: [$"state:{state}"]) : null;
        var list = await connection.Client.ListScheduledAppliancesAsync(schedule.Id!.Value, query, cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.ScheduledAppliance, new Columns<ScheduledAppliance>()
            .Add("APPLIANCE", appliance => appliance.ApplianceName)
            .Add("LAST RUN", appliance => Human.Word(appliance.State), ScheduleText.Style)
            .Add("DUE", appliance => Human.Time(appliance.Due, invocation.Clock))
            .AddNumber("MISSED IN A ROW", appliance => appliance.MissedInARow == 0 ? "" : Human.Count((long)appliance.MissedInARow))
            .Add("NEXT", appliance => Human.Time(appliance.NextDue, invocation.Clock))
            .Add("BACKUP", appliance => appliance.BackupId?.ToString())
            .Add("WHY", appliance => appliance.Message));
        return ExitCode.Ok;
    }
}
