using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention clock</c>: whether the controller believes its clock; 1 when it doesn't.</summary>
internal sealed class ClockCommand(GlobalOptions global) : CliCommand(
    global, "clock", "Show whether the controller believes its clock; while it doesn't, it prunes nothing", "backstay retention clock")
{
    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var clock = await connection.Client.GetRetentionClockAsync(cancellationToken);
        invocation.Terminal.Result(clock, AdminJson.Default.RetentionClockState, shown => Show(invocation, shown));
        if (!clock.Trusted)
            invocation.Terminal.Hint("If the controller's time is right: backstay retention confirm-clock. If not, set its clock right.");
        return clock.Trusted ? ExitCode.Ok : ExitCode.Failure;
    }

    internal static void Show(Invocation invocation, RetentionClockState clock) => invocation.Terminal.Fields(
        ("Controller's time", Human.Time(clock.Now, invocation.Clock)),
        ("Last believed", Human.Time(clock.LastSeen, invocation.Clock)),
        ("Tolerance", Human.Duration(TimeSpan.FromSeconds(clock.ToleranceSeconds))),
        ("Believed", clock.Trusted ? "yes" : "no: nothing is pruned, and no lock ends"));
}
