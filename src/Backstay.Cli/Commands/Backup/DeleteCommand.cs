using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup delete</c>: removes a backup that has ended, with its archive.</summary>
internal sealed class DeleteCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<Guid> _backup = CommonOptions.Id("BACKUP_ID", "The backup's id");
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public DeleteCommand(GlobalOptions global)
        : base(
            global,
            "delete",
            "Delete a backup and its archive",
            "backstay backup delete gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11 --yes")
    {
        Arguments.Add(_name);
        // "latest" is not taken here: which one that is may change between looking and deleting.
        Arguments.Add(_backup);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var id = invocation.Value(_backup);
        var backup = await client.FindBackupAsync(appliance, id.ToString(), Latest.OfAll, cancellationToken);
        if (backup.Status == BackupStatusWord.Processing)
        {
            throw new CliException(
                ExitCode.Failure,
                CliErrorIds.StillRunning,
                $"This backup is still running. Stop it with: backstay backup cancel {appliance.Name} {backup.Id}");
        }

        var question = $"Delete the backup of {appliance.Name} of {Human.Time(backup.Created, invocation.Clock)} for good?";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        await client.DeleteBackupAsync(appliance.Id, backup.Id, cancellationToken);
        invocation.Terminal.Result(backup, AdminJson.Default.Backup, deleted => invocation.Terminal.Line($"Deleted {deleted.Id}."));
        return ExitCode.Ok;
    }
}
