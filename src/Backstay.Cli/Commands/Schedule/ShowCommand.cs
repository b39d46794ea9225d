using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule show</c>.</summary>
internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<string> _name = ScheduleText.Name();

    public ShowCommand(GlobalOptions global)
        : base(global, "show", "Show a schedule", "backstay schedule show nightly")
    {
        Arguments.Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var schedule = await connection.Client.FindScheduleAsync(invocation.Value(_name), cancellationToken);
        invocation.Terminal.Result(schedule, AdminJson.Default.BackupSchedule, shown => ScheduleText.Show(invocation.Terminal, shown));
        if (schedule.Waiting > 0 || schedule.Missed > 0)
            invocation.Terminal.Hint($"Which, and why: backstay schedule appliances {schedule.Name}");
        return ExitCode.Ok;
    }
}
