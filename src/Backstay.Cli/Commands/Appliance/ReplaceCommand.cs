using System.CommandLine;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Appliance;

/// <summary><c>backstay appliance replace</c>: another machine takes over the identity and the backups of one that is dead.</summary>
internal sealed class ReplaceCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly SeedOutput _output = new();
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public ReplaceCommand(GlobalOptions global)
        : base(
            global,
            "replace",
            "Export a seed for another machine that takes an appliance's place; the old one's agent is locked out",
            "backstay appliance replace gw-01 --to gw-01.seed",
            "backstay appliance replace gw-01 --yes | ssh new-gw-01 backstay-agent enrol -")
    {
        Arguments.Add(_name);
        _output.AddTo(this);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        _output.Check(invocation);
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var question = $"Let another machine take the place of {appliance.Name}? The agent of the old one is locked out, and its unfinished backup ends.";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        var seed = await connection.Client.ReplaceApplianceAsync(appliance.Id, cancellationToken);
        await _output.WriteAsync(invocation, seed, cancellationToken);
        return ExitCode.Ok;
    }
}
