using System.CommandLine;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Commands.Appliance;

/// <summary><c>backstay appliance seed</c>: what lets an agent in, once.</summary>
internal sealed class SeedCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();
    private readonly SeedOutput _output = new();

    public SeedCommand(GlobalOptions global)
        : base(
            global,
            "seed",
            "Export the seed that an appliance's agent is enrolled with",
            "backstay appliance seed gw-01 --to gw-01.seed",
            "backstay appliance seed gw-01 | ssh gw-01 'umask 077; cat > /tmp/seed && backstay-agent enrol /tmp/seed'")
    {
        Arguments.Add(_name);
        _output.AddTo(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        _output.Check(invocation);
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var seed = await connection.Client.ExportSeedAsync(appliance.Id, cancellationToken);
        await _output.WriteAsync(invocation, seed, cancellationToken);
        return ExitCode.Ok;
    }
}
