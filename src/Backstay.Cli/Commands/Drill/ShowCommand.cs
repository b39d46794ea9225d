using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Drill;

/// <summary><c>backstay drill show</c>: with what every check said.</summary>
internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<Guid> _id = CommonOptions.Id("DRILL", "The drill's id");

    public ShowCommand(GlobalOptions global)
        : base(global, "show", "Show a drill, and what its checks said", "backstay drill show 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11")
    {
        Arguments.Add(_id);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var drill = await connection.Client.GetDrillAsync(invocation.Value(_id), cancellationToken);
        invocation.Terminal.Result(drill, AdminJson.Default.Drill, shown => DrillText.Show(invocation.Terminal, shown, invocation.Clock));
        return ExitCode.Ok;
    }
}
