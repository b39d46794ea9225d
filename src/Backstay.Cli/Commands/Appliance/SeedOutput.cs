using System.CommandLine;
using System.Text.Json;
using Backstay.Cli.Connection;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;

namespace Backstay.Cli.Commands.Appliance;

/// <summary>Where a seed goes: a private file, or standard output.</summary>
internal sealed class SeedOutput
{
    private readonly Option<string?> _to = new("--to")
    {
        Description = "The file to write, readable by its owner alone (else standard output)",
        HelpName = "FILE",
    };

    private readonly Option<bool> _force = CommonOptions.Force();

    public void AddTo(Command command)
    {
        command.Options.Add(_to);
        command.Options.Add(_force);
    }

    /// <summary>Looked at before the seed is made: one that could not be written would be lost.</summary>
    public void Check(Invocation invocation)
    {
        if (FileOf(invocation) is { } file && !invocation.Value(_force) && Path.Exists(file))
            throw PrivateFile.Exists(file);
    }

    public async Task WriteAsync(Invocation invocation, Seed seed, CancellationToken cancellationToken)
    {
        if (FileOf(invocation) is { } file)
        {
            var content = JsonSerializer.SerializeToUtf8Bytes(seed, AdminJson.Default.Seed);
            await PrivateFile.WriteAsync(file, content, invocation.Value(_force), cancellationToken);
            invocation.Terminal.Line(file);
        }
        else
        {
            invocation.Terminal.Json(seed, AdminJson.Default.Seed);
        }

        invocation.Terminal.Hint(
            $"It works once, until {Human.Time(seed.Expires, invocation.Clock)}. On {seed.ApplianceName}: backstay-agent enrol SEED");
    }

    private string? FileOf(Invocation invocation) => invocation.Value(_to) is { } to ? Path.GetFullPath(to) : null;
}
