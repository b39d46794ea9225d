using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention confirm</c>: a person's word for a policy that the controller made.</summary>
internal sealed class ConfirmCommand : CliCommand
{
    private readonly Argument<string> _name = new("POLICY") { Description = "The policy, by name or id" };
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public ConfirmCommand(GlobalOptions global)
        : base(
            global,
            "confirm",
            "Confirm a policy that the controller made over backups that were there already, as it is; it lets nothing go before",
            "backstay retention confirm Default")
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var policy = await connection.Client.FindPolicyAsync(invocation.Value(_name), cancellationToken);
        if (policy.AwaitsConfirmation)
        {
            var going = await connection.Client.GoingAsync(new RetentionPreviewRequest(policy), cancellationToken);
            var question = $"Put the retention policy {policy.Name} ({PolicyText.Keeps(policy)}) in force? {going}";
            if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
                return ExitCode.Failure;
            policy = await connection.Client.UpdateRetentionPolicyAsync(policy.Id!.Value, policy, cancellationToken);
        }

        invocation.Terminal.Result(
            policy, AdminJson.Default.RetentionPolicy, shown => PolicyText.Show(invocation.Terminal, shown, invocation.Clock));
        return ExitCode.Ok;
    }
}
