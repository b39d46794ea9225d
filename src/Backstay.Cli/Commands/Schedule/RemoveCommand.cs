using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule remove</c>.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string> _name = ScheduleText.Name();
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public RemoveCommand(GlobalOptions global)
        : base(global, "remove", "Remove a schedule; its backups stay", "backstay schedule remove nightly --yes")
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var schedule = await connection.Client.FindScheduleAsync(invocation.Value(_name), cancellationToken);
        var question = $"Remove the schedule {schedule.Name}? Its appliances are no longer backed up by it.";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        await connection.Client.DeleteScheduleAsync(schedule.Id!.Value, cancellationToken);
        invocation.Terminal.Result(schedule, AdminJson.Default.BackupSchedule, removed => invocation.Terminal.Line($"Removed {removed.Name}."));
        return ExitCode.Ok;
    }
}
