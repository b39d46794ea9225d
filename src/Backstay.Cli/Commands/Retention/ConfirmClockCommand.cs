using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention confirm-clock</c>: this machine's clock and this person vouch for the controller's.</summary>
internal sealed class ConfirmClockCommand : CliCommand
{
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public ConfirmClockCommand(GlobalOptions global)
        : base(
            global,
            "confirm-clock",
            "Confirm the controller's time after a jump, or after it was off for long; pruning goes on from there",
            "backstay retention confirm-clock") => Options.Add(_yes);

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var clock = await connection.Client.GetRetentionClockAsync(cancellationToken);
        var question = $"The controller says that it is {Human.Time(clock.Now, invocation.Clock)}. Is that right?";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        var confirmed = await connection.Client.ConfirmRetentionClockAsync(invocation.Clock.GetUtcNow(), cancellationToken);
        invocation.Terminal.Result(confirmed, AdminJson.Default.RetentionClockState, shown => ClockCommand.Show(invocation, shown));
        return ExitCode.Ok;
    }
}
