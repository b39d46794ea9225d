using System.CommandLine;
using System.Text.Json;
using Backstay.Cli.Connection;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Appliance;

/// <summary><c>backstay appliance seed</c>: what lets an agent in, once.</summary>
internal sealed class SeedCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();

    private readonly Option<string?> _to = new("--to")
    {
        Description = "The file to write, readable by its owner alone (else standard output)",
        HelpName = "FILE",
    };

    private readonly Option<bool> _force = CommonOptions.Force();

    public SeedCommand(GlobalOptions global)
        : base(
            global,
            "seed",
            "Export the seed that an appliance's agent is enrolled with",
            "backstay appliance seed gw-01 --to gw-01.seed",
            "backstay appliance seed gw-01 | ssh gw-01 'umask 077; cat > /tmp/seed && backstay-agent enrol /tmp/seed'")
    {
        Arguments.Add(_name);
        Options.Add(_to);
        Options.Add(_force);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = invocation.Value(_to) is { } to ? Path.GetFullPath(to) : null;
        // Looked at before the export: a seed that could not be written would be lost.
        if (file is not null && !invocation.Value(_force) && Path.Exists(file))
            throw PrivateFile.Exists(file);

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        var seed = await connection.Client.ExportSeedAsync(appliance.Id, cancellationToken);
        if (file is null)
        {
            invocation.Terminal.Json(seed, AdminJson.Default.Seed);
        }
        else
        {
            var content = JsonSerializer.SerializeToUtf8Bytes(seed, AdminJson.Default.Seed);
            await PrivateFile.WriteAsync(file, content, invocation.Value(_force), cancellationToken);
            invocation.Terminal.Line(file);
        }

        invocation.Terminal.Hint(
            $"It works once, until {Human.Time(seed.Expires, invocation.Clock)}. On {appliance.Name}: backstay-agent enrol SEED");
        return ExitCode.Ok;
    }
}
