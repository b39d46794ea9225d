using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Notification;

/// <summary><c>backstay notification secret</c>: what receivers check signatures with.</summary>
internal sealed class SecretCommand : CliCommand
{
    private readonly Option<bool> _rotate = new("--rotate") { Description = "Make a new one; the old one signs too for a while" };

    public SecretCommand(GlobalOptions global)
        : base(
            global,
            "secret",
            "Show the secret that notifications are signed with",
            "backstay notification secret",
            "backstay notification secret --rotate")
    {
        Options.Add(_rotate);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var secret = invocation.Value(_rotate)
            ? await connection.Client.RotateWebhookSecretAsync(cancellationToken)
            : await connection.Client.GetWebhookSecretAsync(cancellationToken);
        invocation.Terminal.Result(secret, AdminJson.Default.WebhookSecret, shown => invocation.Terminal.Line(shown.Secret));
        if (secret.PreviousUntil is { } until)
            invocation.Terminal.Hint($"The one before signs too until {Human.Time(until, invocation.Clock)}.");
        return ExitCode.Ok;
    }
}
