using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Keys;

/// <summary><c>backstay keys list</c>.</summary>
internal sealed class ListCommand(GlobalOptions global) : CliCommand(
    global, "list", "List the keys that open archives, old ones included", "backstay keys list")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var keys = (await connection.Client.ListBackupKeysAsync(null, cancellationToken)).Data;
        foreach (var key in keys.Where(key => key.ExpiresSoon || key.State == BackupKeyState.Expired))
        {
            invocation.Terminal.Warn(
                $"{key.Name} {(key.State == BackupKeyState.Expired ? "expired" : "expires")} on {Human.Time(key.Expires, invocation.Clock)}. "
                + "Have its owner renew it, then: backstay keys add FILE");
        }

        invocation.Terminal.Result(keys, AdminJson.Default.BackupKey, new Columns<BackupKey>()
            .Add("NAME", key => key.Name)
            .Add("KIND", key => KeyText.Kind(key.Kind))
            .Add("STATE", KeyText.State, KeyText.Style)
            .Add("ID OR FINGERPRINT", KeyText.Id)
            .Add("EXPIRES", key => Human.Time(key.Expires, invocation.Clock)));
        return ExitCode.Ok;
    }
}
