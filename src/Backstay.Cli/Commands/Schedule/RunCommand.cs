using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule run</c>: due now, for all its appliances.</summary>
internal sealed class RunCommand : CliCommand
{
    private readonly Argument<string> _name = ScheduleText.Name();

    public RunCommand(GlobalOptions global)
        : base(global, "run", "Back up the appliances of a schedule now; it may be paused", "backstay schedule run nightly")
    {
        Arguments.Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var schedule = await connection.Client.FindScheduleAsync(invocation.Value(_name), cancellationToken);
        var accepted = await connection.Client.RunScheduleAsync(schedule.Id!.Value, cancellationToken);
        invocation.Terminal.Result(accepted, AdminJson.Default.RunAccepted, run =>
            invocation.Terminal.Line($"{schedule.Name} is due now for {run.Appliances} appliance(s)."));
        invocation.Terminal.Hint($"Follow it with: backstay schedule appliances {schedule.Name}");
        return ExitCode.Ok;
    }
}
