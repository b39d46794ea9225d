using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Notification;

/// <summary><c>backstay notification replay</c>.</summary>
internal sealed class ReplayCommand : CliCommand
{
    private readonly Argument<Guid> _delivery = CommonOptions.Id("DELIVERY_ID", "From backstay notification list");

    public ReplayCommand(GlobalOptions global)
        : base(
            global,
            "replay",
            "Send a notification again",
            "backstay notification replay 0d9f7f0e-3f6e-4c52-a8b1-5d7a51c4a7d2")
    {
        Arguments.Add(_delivery);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var id = invocation.Value(_delivery);
        await connection.Client.ReplayDeliveryAsync(id, cancellationToken);
        var delivery = await connection.Client.GetDeliveryAsync(id, cancellationToken);
        invocation.Terminal.Result(delivery, AdminJson.Default.Delivery, shown =>
            invocation.Terminal.Line($"{shown.Id} is sent to {shown.Url} again."));
        return ExitCode.Ok;
    }
}
