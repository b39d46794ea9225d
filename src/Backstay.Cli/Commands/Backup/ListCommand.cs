using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary><c>backstay backup list</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private const int DefaultLimit = 50;

    private readonly Argument<string?> _name = new("NAME")
    {
        Description = "Only the backups of this appliance, by name or id",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _query = CommonOptions.Query();
    private readonly Option<int> _limit = CommonOptions.Limit(DefaultLimit);

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List backups, newest first",
            "backstay backup list",
            "backstay backup list gw-01 --limit 5",
            "backstay backup list --output json | jq '.[] | select(.result == \"failure\")'")
    {
        Arguments.Add(_name);
        Options.Add(_query);
        Options.Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var query = new ListRequest(
            invocation.Value(_query), ListRequest.First(invocation.Value(_limit)), OrderBy: "created", Descending: true);
        var list = invocation.Value(_name) is { } name
            ? await client.ListBackupsAsync((await client.FindApplianceAsync(name, cancellationToken)).Id, query, cancellationToken)
            : await client.ListBackupsAsync(query, cancellationToken);

        var terminal = invocation.Terminal;
        terminal.Result(list.Data, AdminJson.Default.Backup, new Columns<BackupRecord>()
            .Add("APPLIANCE", backup => backup.ApplianceName)
            .Add("BACKUP", backup => backup.Id.ToString())
            .Add("CREATED", backup => Human.Time(backup.Created, invocation.Clock))
            .Add("STATE", BackupText.State, BackupText.Style)
            .Add("REASON", BackupText.Reason)
            .AddNumber("SIZE", backup => Human.Size(backup.Size))
            .AddNumber("FILES", backup => Human.Count(backup.Files))
            .AddNumber("WARNINGS", backup => Human.Count(backup.Warnings))
            .Add("VERIFIED", backup => Human.Time(backup.Verified, invocation.Clock))
            .Add("PROTECTED", backup => BackupText.Protected(backup, invocation.Clock)));
        terminal.HintAtMore(list);
        return ExitCode.Ok;
    }
}
