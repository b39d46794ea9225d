using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention add</c>.</summary>
internal sealed class AddCommand : CliCommand
{
    private readonly Argument<string> _name = new("POLICY") { Description = "What the policy is to be called; unique" };
    private readonly PolicyOptions _options;

    public AddCommand(GlobalOptions global)
        : base(
            global,
            "add",
            "Add a retention policy; look with preview before",
            "backstay retention add Production --tag production --keep-daily 14 --keep-weekly 8 --keep-monthly 12 --max-age 400",
            "backstay retention add Gateways --function Gateway --keep-within 30 --time-zone Europe/Berlin")
    {
        Arguments.Add(_name);
        _options = new PolicyOptions(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var wanted = await _options.ChangeAsync(
            new RetentionPolicy(Id: null, invocation.Value(_name)), invocation, connection.Client, cancellationToken);
        var added = await connection.Client.CreateRetentionPolicyAsync(wanted, cancellationToken);
        invocation.Terminal.Result(
            added, AdminJson.Default.RetentionPolicy, shown => PolicyText.Show(invocation.Terminal, shown, invocation.Clock));
        return ExitCode.Ok;
    }
}
