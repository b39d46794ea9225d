using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention set</c>: only what is named changes.</summary>
internal sealed class SetCommand : CliCommand
{
    private readonly Argument<string> _name = new("POLICY") { Description = "The policy, by name or id" };
    private readonly Option<string?> _newName = new("--name") { Description = "Call it otherwise", HelpName = "NAME" };
    private readonly PolicyOptions _options;

    public SetCommand(GlobalOptions global)
        : base(
            global,
            "set",
            "Change a retention policy; look with preview before",
            "backstay retention set Default --keep-within 180",
            "backstay retention set Production --keep-hourly 24 --keep-weekly 0")
    {
        Arguments.Add(_name);
        Options.Add(_newName);
        _options = new PolicyOptions(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (!_options.AreGiven(invocation) && !invocation.Has(_newName))
            throw CliException.Usage("Say what to change. See: backstay retention set --help");

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var policy = await connection.Client.FindPolicyAsync(invocation.Value(_name), cancellationToken);
        var wanted = await _options.ChangeAsync(policy, invocation, connection.Client, cancellationToken);
        var changed = await connection.Client.UpdateRetentionPolicyAsync(
            policy.Id!.Value, wanted with { Name = invocation.Value(_newName) ?? policy.Name }, cancellationToken);
        invocation.Terminal.Result(
            changed, AdminJson.Default.RetentionPolicy, shown => PolicyText.Show(invocation.Terminal, shown, invocation.Clock));
        return ExitCode.Ok;
    }
}
