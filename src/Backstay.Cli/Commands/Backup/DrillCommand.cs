using System.CommandLine;
using Backstay.Cli.Commands.Drill;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup drill</c>: has a backup restored for practice, and with <c>--wait</c> stays for the result.</summary>
internal sealed class DrillCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _backup = CommonOptions.Backup();

    private readonly Option<bool> _wait = new("--wait", "-w")
    {
        Description = "Stay until it has ended, or a drill machine was not able to do it",
    };

    public DrillCommand(GlobalOptions global)
        : base(
            global,
            "drill",
            "Have a backup restored on a drill machine, and checked there",
            "backstay backup drill gw-01 --wait",
            "backstay backup drill gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11")
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
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup), Latest.Successful, cancellationToken);
        var drill = await client.StartDrillAsync(appliance.Id, backup.Id, cancellationToken);
        if (!invocation.Value(_wait))
        {
            invocation.Terminal.Result(drill, AdminJson.Default.Drill, shown => invocation.Terminal.Line($"Drill {shown.Id} is {DrillText.State(shown)}."));
            invocation.Terminal.Hint($"See how it went with: backstay drill show {drill.Id}");
            return ExitCode.Ok;
        }

        drill = await FollowAsync(invocation, client, drill, cancellationToken);
        invocation.Terminal.Result(drill, AdminJson.Default.Drill, shown => DrillText.Show(invocation.Terminal, shown, invocation.Clock));
        if (drill.State == DrillState.Passed)
            return ExitCode.Ok;

        if (drill.State == DrillState.Waiting)
            invocation.Terminal.Hint($"It is tried again. See how it went with: backstay drill show {drill.Id}");
        var (code, id, what) = drill.State switch
        {
            DrillState.Failed => (ExitCode.Integrity, CliErrorIds.DrillFailed, "The drill failed"),
            DrillState.Cancelled => (ExitCode.Failure, CliErrorIds.DrillCancelled, "The drill did not end by itself"),
            _ => (ExitCode.Failure, CliErrorIds.DrillImpossible, "No drill machine was able to do it"),
        };
        throw new CliException(code, id, $"{what}: {drill.Message}");
    }

    private static async Task<DrillRecord> FollowAsync(
        Invocation invocation, AdminClient client, DrillRecord drill, CancellationToken cancellationToken)
    {
        var follower = new DrillFollower(client, invocation.Clock);
        try
        {
            return await ProgressBoard.ShowAsync(
                invocation.Terminal, invocation.Clock, board => follower.FollowAsync(drill, board.Add(drill.ApplianceName), cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            invocation.Terminal.Warn(DrillText.GoesOn(drill));
            throw;
        }
    }
}
