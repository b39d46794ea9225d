using System.Net;
using Backstay.Cli.Connection;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands;

/// <summary><c>backstay logout</c>: the token is revoked and forgotten; the key of the controller stays trusted.</summary>
internal sealed class LogoutCommand(GlobalOptions global) : CliCommand(
    global, "logout", "Revoke and forget the token of the last sign-in", "backstay logout")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        try
        {
            await connection.Client.LogoutAsync(cancellationToken);
        }
        catch (AdminApiException e) when (e.Status == HttpStatusCode.Unauthorized)
        {
            // It had expired: nothing to revoke.
        }

        var file = invocation.ConfigFile;
        var config = await file.LoadAsync(cancellationToken);
        var known = config.For(connection.Address) with { Token = null, Expires = null };
        await file.SaveAsync(config.With(connection.Address, known), cancellationToken);
        invocation.Terminal.Hint($"Signed out of {ControllerAddress.Text(connection.Address)}.");
        return ExitCode.Ok;
    }
}
