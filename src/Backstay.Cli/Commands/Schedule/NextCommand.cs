using System.CommandLine;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule next</c>.</summary>
internal sealed class NextCommand : CliCommand
{
    private readonly Argument<string> _name = ScheduleText.Name();

    public NextCommand(GlobalOptions global)
        : base(global, "next", "Show the next ten runs of a schedule, by its own clock", "backstay schedule next nightly")
    {
        Arguments.Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var schedule = await connection.Client.FindScheduleAsync(invocation.Value(_name), cancellationToken);
        ScheduleText.Show(invocation.Terminal, await connection.Client.GetUpcomingRunsAsync(schedule.Id!.Value, cancellationToken));
        if (schedule.Paused)
            invocation.Terminal.Hint($"It is paused. Resume it with: backstay schedule resume {schedule.Name}");
        return ExitCode.Ok;
    }
}
