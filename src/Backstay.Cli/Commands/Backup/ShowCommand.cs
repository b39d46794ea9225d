using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup show</c>: everything about one backup; with <c>--wait</c>, how it goes until it has ended.</summary>
internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _backup = CommonOptions.Backup();

    private readonly Option<bool> _wait = new("--wait", "-w")
    {
        Description = "Stay until the backup has ended; the exit code then is that of the backup",
    };

    public ShowCommand(GlobalOptions global)
        : base(
            global,
            "show",
            "Show a backup, or follow it to its end",
            "backstay backup show gw-01",
            "backstay backup show gw-01 latest --wait")
    {
        Arguments.Add(_name);
        Arguments.Add(_backup);
        Options.Add(_wait);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup), Latest.OfAll, cancellationToken);
        var wait = invocation.Value(_wait);
        if (wait && backup.Status == BackupStatusWord.Processing)
            backup = await FollowAsync(invocation, client, backup, cancellationToken);

        invocation.Terminal.Result(backup, AdminJson.Default.Backup, shown => Show(invocation, shown));
        return wait ? BackupText.ExitCode(backup) : ExitCode.Ok;
    }

    private static async Task<BackupRecord> FollowAsync(
        Invocation invocation, AdminClient client, BackupRecord backup, CancellationToken cancellationToken)
    {
        try
        {
            return await ProgressBoard.ShowAsync(invocation.Terminal, invocation.Clock, board =>
                new BackupFollower(client, invocation.Clock).FollowAsync(
                    backup.ApplianceId, backup.Id, board.Add(backup.ApplianceName), cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            invocation.Terminal.Warn(BackupText.GoesOn(backup.ApplianceName, backup.Id));
            throw;
        }
    }

    private static void Show(Invocation invocation, BackupRecord backup) => invocation.Terminal.Fields(
        ("Backup", backup.Id.ToString()),
        ("Appliance", $"{backup.ApplianceName} ({backup.ApplianceId})"),
        ("State", BackupText.State(backup)),
        ("Reason", BackupText.Reason(backup)),
        ("Message", backup.Message),
        ("Output", backup.Output),
        ("Progress", backup.Status == BackupStatusWord.Processing ? BackupText.Progress(backup) : null),
        ("Includes", (backup.Logs, backup.Audit) switch
        {
            (true, true) => "logs, audit",
            (true, false) => "logs",
            (false, true) => "audit",
            _ => null,
        }),
        ("Requested by", backup.RequestedBy),
        ("Created", Human.Time(backup.Created, invocation.Clock)),
        ("Started", Human.Time(backup.Started, invocation.Clock)),
        ("Ended", Human.Time(backup.Ended, invocation.Clock)),
        ("Attempts", backup.Attempt > 1 ? Human.Count(backup.Attempt) : null),
        ("Size", backup.Size is long size ? $"{Human.Size(size)} ({Human.Count(size)} bytes)" : null),
        ("SHA-256", backup.Sha256),
        ("Files", Human.Count(backup.Files)),
        ("Sections", BackupText.Sections(backup)),
        ("Warnings", BackupText.Warnings(backup)),
        ("Verification", Human.Word(backup.Verification)),
        ("Verified", Human.Time(backup.Verified, invocation.Clock)),
        ("Content proven", Human.Time(backup.ContentVerified, invocation.Clock)),
        ("Drilled", Human.Time(backup.Drilled, invocation.Clock)),
        ("Held", backup.Hold is { } hold ? $"by {hold.Owner} since {Human.Time(hold.Since, invocation.Clock)}: {hold.Reason}" : null),
        ("Locked", backup.Lock is { } locked ? $"until {Human.Time(locked.Until, invocation.Clock)} by {locked.By}" : null),
        ("Opens with", BackupText.OpensWith(backup)),
        ("Notifies", backup.NotifyUrl));
}
