using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention show</c>.</summary>
internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<string> _name = new("POLICY") { Description = "The policy, by name or id" };

    public ShowCommand(GlobalOptions global)
        : base(global, "show", "Show a retention policy", "backstay retention show Default") => Arguments.Add(_name);

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var policy = await connection.Client.FindPolicyAsync(invocation.Value(_name), cancellationToken);
        invocation.Terminal.Result(
            policy, AdminJson.Default.RetentionPolicy, shown => PolicyText.Show(invocation.Terminal, shown, invocation.Clock));
        return ExitCode.Ok;
    }
}
