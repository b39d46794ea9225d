using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Objective;

/// <summary><c>backstay objective remove</c>.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string> _name = ObjectiveText.Name();
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public RemoveCommand(GlobalOptions global)
        : base(global, "remove", "Remove an objective; what it alone asked for is asked for no more", "backstay objective remove Production --yes")
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var objective = await connection.Client.FindObjectiveAsync(invocation.Value(_name), cancellationToken);
        var question = $"Remove the objective {objective.Name}? Nobody is told any more when its appliances miss it.";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        await connection.Client.DeleteObjectiveAsync(objective.Id!.Value, cancellationToken);
        invocation.Terminal.Result(objective, AdminJson.Default.BackupObjective, removed => invocation.Terminal.Line($"Removed {removed.Name}."));
        return ExitCode.Ok;
    }
}
