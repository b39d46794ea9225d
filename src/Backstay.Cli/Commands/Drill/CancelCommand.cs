using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Drill;

/// <summary><c>backstay drill cancel</c>: its machine stops and removes what it restored when it next renews its lease.</summary>
internal sealed class CancelCommand : CliCommand
{
    private readonly Argument<Guid> _id = CommonOptions.Id("DRILL", "The drill's id");

    public CancelCommand(GlobalOptions global)
        : base(
            global,
            "cancel",
            "Cancel a drill that waits or runs; it says nothing about the backup",
            "backstay drill cancel 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11")
    {
        Arguments.Add(_id);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        await client.CancelDrillAsync(invocation.Value(_id), cancellationToken);
        var cancelled = await client.GetDrillAsync(invocation.Value(_id), cancellationToken);
        invocation.Terminal.Result(cancelled, AdminJson.Default.Drill, shown => invocation.Terminal.Line($"Cancelled drill {shown.Id}."));
        return ExitCode.Ok;
    }
}
