using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup cancel</c>: stops a backup that is running.</summary>
internal sealed class CancelCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _backup = CommonOptions.Backup();

    public CancelCommand(GlobalOptions global)
        : base(global, "cancel", "Stop a backup that is running; archives that are finished stay", "backstay backup cancel gw-01")
    {
        Arguments.Add(_name);
        Arguments.Add(_backup);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup), Latest.Unfinished, cancellationToken);
        if (backup.Status == BackupStatusWord.Done)
        {
            throw new CliException(
                ExitCode.Failure, CliErrorIds.NotRunning, $"Backup {backup.Id} has ended ({BackupText.State(backup)}): nothing to stop.");
        }

        await client.CancelBackupAsync(appliance.Id, backup.Id, cancellationToken);
        var stopped = await client.FindBackupAsync(appliance.Id, backup.Id, cancellationToken) ?? backup;
        invocation.Terminal.Result(stopped, AdminJson.Default.Backup, shown => invocation.Terminal.Line($"Cancelled {shown.Id}."));
        return ExitCode.Ok;
    }
}
