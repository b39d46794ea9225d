using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Schedule;

/// <summary><c>backstay schedule set</c>: only what is named changes.</summary>
internal sealed class SetCommand : CliCommand
{
    private readonly Argument<string> _name = ScheduleText.Name();
    private readonly Option<string?> _newName = new("--name") { Description = "What it is to be called from now on", HelpName = "NAME" };
    private readonly ScheduleFields _fields;
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Show the next ten runs, and change nothing" };

    public SetCommand(GlobalOptions global)
        : base(
            global,
            "set",
            "Change a schedule",
            "backstay schedule set nightly --cron '30 1 * * *' --window 6h",
            "backstay schedule set nightly --tag production --logs false")
    {
        Arguments.Add(_name);
        Options.Add(_newName);
        _fields = new ScheduleFields(this, creating: false);
        Options.Add(_dryRun);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var before = await connection.Client.FindScheduleAsync(invocation.Value(_name), cancellationToken);
        var wanted = await _fields.ApplyAsync(
            before with { Name = invocation.Value(_newName) ?? before.Name }, invocation, connection.Client, cancellationToken);
        if (invocation.Value(_dryRun))
        {
            ScheduleText.Show(invocation.Terminal, await connection.Client.PreviewScheduleAsync(wanted, cancellationToken));
            return ExitCode.Ok;
        }

        var changed = await connection.Client.UpdateScheduleAsync(before.Id!.Value, wanted, cancellationToken);
        invocation.Terminal.Result(changed, AdminJson.Default.BackupSchedule, shown => ScheduleText.Show(invocation.Terminal, shown));
        return ExitCode.Ok;
    }
}
