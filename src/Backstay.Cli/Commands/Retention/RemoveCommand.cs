using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention remove</c>.</summary>
internal sealed class RemoveCommand : CliCommand
{
    private readonly Argument<string> _name = new("POLICY") { Description = "The policy, by name or id" };
    private readonly Option<bool> _yes = CommonOptions.Yes();

    public RemoveCommand(GlobalOptions global)
        : base(global, "remove", "Remove a retention policy; what it alone kept goes", "backstay retention remove Production --yes")
    {
        Arguments.Add(_name);
        Options.Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var policy = await connection.Client.FindPolicyAsync(invocation.Value(_name), cancellationToken);
        var going = policy.IsDefault
            ? ""
            : " " + await connection.Client.GoingAsync(new RetentionPreviewRequest(Without: policy.Id), cancellationToken);
        var question = $"Remove the retention policy {policy.Name}?{going}";
        if (!await invocation.IsConfirmedAsync(invocation.Value(_yes), question, cancellationToken))
            return ExitCode.Failure;
        await connection.Client.DeleteRetentionPolicyAsync(policy.Id!.Value, cancellationToken);
        invocation.Terminal.Result(policy, AdminJson.Default.RetentionPolicy, removed => invocation.Terminal.Line($"Removed {removed.Name}."));
        return ExitCode.Ok;
    }
}
