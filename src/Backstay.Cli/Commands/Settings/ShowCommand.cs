using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Settings;

/// <summary><c>backstay settings show</c>.</summary>
internal sealed class ShowCommand(GlobalOptions global) : CliCommand(
    global, "show", "Show the controller's settings", "backstay settings show")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var settings = await connection.Client.GetSettingsAsync(cancellationToken);
        invocation.Terminal.Result(settings, AdminJson.Default.GlobalSettings, shown => SettingsText.Show(invocation.Terminal, shown));
        return ExitCode.Ok;
    }
}
