using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Objective;

/// <summary><c>backstay objective set</c>: makes the objective if there is none of that name, else only what is named changes.</summary>
internal sealed class SetCommand : CliCommand
{
    private readonly Argument<string> _name = new("OBJECTIVE") { Description = "The objective, by name or id; a name that is new makes a new one" };
    private readonly ObjectiveFields _fields;

    public SetCommand(GlobalOptions global)
        : base(
            global,
            "set",
            "Say how old the newest backup of some appliances may be; of several objectives the strictest counts",
            "backstay objective set Production --tag production --good-within 26 --proven-within 720",
            "backstay objective set Default --good-within 0")
    {
        Arguments.Add(_name);
        _fields = new ObjectiveFields(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (!_fields.AreGiven(invocation))
            throw CliException.Usage("Say what to set. See: backstay objective set --help");

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var (client, name) = (connection.Client, invocation.Value(_name));
        var known = await client.TryFindObjectiveAsync(name, cancellationToken);
        var wanted = await _fields.ApplyAsync(known ?? new BackupObjective(null, name), invocation, client, cancellationToken);
        var saved = known is null
            ? await client.CreateObjectiveAsync(wanted, cancellationToken)
            : await client.UpdateObjectiveAsync(known.Id!.Value, wanted, cancellationToken);
        invocation.Terminal.Result(saved, AdminJson.Default.BackupObjective, shown => ObjectiveText.Show(invocation.Terminal, shown));
        return ExitCode.Ok;
    }
}
