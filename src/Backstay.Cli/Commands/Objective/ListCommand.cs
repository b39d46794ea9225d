using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Objective;

/// <summary><c>backstay objective list</c>.</summary>
internal sealed class ListCommand(GlobalOptions global) : CliCommand(
    global, "list", "List how old backups may be", "backstay objective list")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var objectives = (await connection.Client.ListObjectivesAsync(null, cancellationToken)).Data;
        invocation.Terminal.Result(objectives, AdminJson.Default.BackupObjective, new Columns<BackupObjective>()
            .Add("NAME", objective => objective.Name)
            .AddNumber("GOOD WITHIN", objective => ObjectiveText.Hours(objective.GoodWithinHours))
            .AddNumber("PROVEN WITHIN", objective => ObjectiveText.Hours(objective.ProvenWithinHours))
            .Add("APPLIANCES", ObjectiveText.Selects)
            .Add("ID", objective => objective.Id?.ToString()));
        return ExitCode.Ok;
    }
}
