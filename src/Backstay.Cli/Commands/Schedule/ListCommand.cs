using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule list</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private readonly Option<string?> _query = CommonOptions.Query();

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List schedules and how they are",
            "backstay schedule list",
            "backstay schedule list --output json | jq -r '.[] | select(.missed > 0).name'")
    {
        Options.Add(_query);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var list = await connection.Client.ListSchedulesAsync(new ListRequest(invocation.Value(_query)), cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.BackupSchedule, new Columns<BackupSchedule>()
            .Add("NAME", schedule => schedule.Name)
            .Add("STATE", ScheduleText.State, ScheduleText.Style)
            .Add("CRON", schedule => schedule.Cron)
            .Add("TIME ZONE", schedule => schedule.TimeZone)
            .Add("APPLIANCES", schedule => ScheduleText.Appliances(schedule.Appliances))
            .Add("NEXT RUN", schedule => ScheduleText.Time(schedule.NextRun))
            .AddNumber("WAITING", schedule => Human.Count(schedule.Waiting))
            .AddNumber("MISSED", schedule => Human.Count(schedule.Missed))
            .Add("ID", schedule => schedule.Id?.ToString()));
        if (list.Data.Count == 0)
            invocation.Terminal.Hint("No schedule yet. Add one with: backstay schedule add nightly --cron '0 2 * * *' --all");
        return ExitCode.Ok;
    }
}
