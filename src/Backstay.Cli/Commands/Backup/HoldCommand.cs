using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup hold</c>: nothing deletes the backup until it is released.</summary>
internal sealed class HoldCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly Argument<string> _backup = CommonOptions.Backup();
    private readonly Option<string> _reason = new("--reason", "-r") { Description = "Why; shown to whoever wants to delete it", HelpName = "TEXT", Required = true };

    public HoldCommand(GlobalOptions global)
        : base(
            global,
            "hold",
            "Keep a backup until it is released, whoever or whatever wants to delete it",
            "backstay backup hold gw-01 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11 --reason 'Evidence in case 4711'")
    {
        Arguments.Add(_name);
        Arguments.Add(_backup);
        Options.Add(_reason);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var appliance = await client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var backup = await client.FindBackupAsync(appliance, invocation.Value(_backup), Latest.Successful, cancellationToken);
        var held = await client.HoldBackupAsync(appliance.Id, backup.Id, new HoldRequest(invocation.Value(_reason)), cancellationToken);
        invocation.Terminal.Result(held, AdminJson.Default.Backup, shown => invocation.Terminal.Line($"Held {shown.Id}."));
        return ExitCode.Ok;
    }
}
