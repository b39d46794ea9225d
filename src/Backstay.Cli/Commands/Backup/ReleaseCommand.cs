using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup release</c>: ends a hold.</summary>
internal sealed class ReleaseCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<Guid> _backup = CommonOptions.Id("BACKUP_ID", "The backup's id");

    public ReleaseCommand(GlobalOptions global)
        : base(
            global,
            "release",
            "Release a backup that is held",
            "backstay backup release gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11")
    {
        Arguments.Add(_name);
        // "latest" is not taken here: which one that is may change between looking and releasing.
        Arguments.Add(_backup);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup).ToString(), Latest.OfAll, cancellationToken);
        await client.ReleaseBackupAsync(appliance.Id, backup.Id, cancellationToken);
        invocation.Terminal.Result(
            backup with { Hold = null }, AdminJson.Default.Backup, shown => invocation.Terminal.Line($"Released {shown.Id}."));
        return ExitCode.Ok;
    }
}
