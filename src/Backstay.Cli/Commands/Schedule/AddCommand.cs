using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule add</c>.</summary>
internal sealed class AddCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "What the schedule is to be called; unique" };
    private readonly ScheduleFields _fields;
    private readonly Option<bool> _paused = new("--paused") { Description = "Nothing begins until it is resumed" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show the next ten runs, and add nothing" };

    public AddCommand(GlobalOptions global)
        : base(
            global,
            "add",
            "Add a schedule",
            "backstay schedule add nightly --cron '0 2 * * *' --time-zone Europe/Berlin --all --spread 1h",
            "backstay schedule add weekly-logs --cron '0 4 * * SUN' --tag production --function LogServer --logs --window 12h",
            "backstay schedule add monthly --cron '30 3 L * *' --all --dry-run")
    {
        Arguments.Add(_name);
        _fields = new ScheduleFields(this, creating: true);
        Options.Add(_paused);
        Options.Add(_dryRun);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var bare = new BackupSchedule(Id: null, invocation.Value(_name), Paused: invocation.Value(_paused));
        var wanted = await _fields.ApplyAsync(bare, invocation, connection.Client, cancellationToken);
        if (invocation.Value(_dryRun))
        {
            ScheduleText.Show(invocation.Terminal, await connection.Client.PreviewScheduleAsync(wanted, cancellationToken));
            return ExitCode.Ok;
        }

        var added = await connection.Client.CreateScheduleAsync(wanted, cancellationToken);
        invocation.Terminal.Result(added, AdminJson.Default.BackupSchedule, shown =>
            invocation.Terminal.Line($"Added {shown.Name} ({shown.Id})."));
        if (added.NextRun is not null)
            invocation.Terminal.Hint($"Next run: {ScheduleText.Time(added.NextRun)}.");
        return ExitCode.Ok;
    }
}
