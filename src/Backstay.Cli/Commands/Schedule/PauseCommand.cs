using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule pause</c> and <c>resume</c>. Said again, nothing changes.</summary>
internal sealed class PauseCommand : CliCommand
{
    private readonly Argument<string> _name = ScheduleText.Name();
    private readonly bool _pause;

    private PauseCommand(GlobalOptions global, bool pause, string name, string description, string example)
        : base(global, name, description, example)
    {
        _pause = pause;
        Arguments.Add(_name);
    }

    public static PauseCommand Pause(GlobalOptions global) =>
        new(global, pause: true, "pause", "Let nothing begin by itself until it is resumed", "backstay schedule pause nightly");

    public static PauseCommand Resume(GlobalOptions global) =>
        new(global, pause: false, "resume", "Go on; nothing is made up for what was due meanwhile", "backstay schedule resume nightly");

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var schedule = await connection.Client.FindScheduleAsync(invocation.Value(_name), cancellationToken);
        if (schedule.Paused != _pause)
            schedule = await connection.Client.UpdateScheduleAsync(schedule.Id!.Value, schedule with { Paused = _pause }, cancellationToken);
        invocation.Terminal.Result(schedule, AdminJson.Default.BackupSchedule, shown =>
            invocation.Terminal.Line(_pause ? $"{shown.Name} is paused." : $"{shown.Name} goes on. Next run: {ScheduleText.Time(shown.NextRun)}."));
        return ExitCode.Ok;
    }
}
