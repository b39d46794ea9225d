using System.CommandLine;
using System.Globalization;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Audit;

/// <summary><c>backstay audit list</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private const int DefaultLimit = 100;

    private readonly Option<string?> _query = CommonOptions.Query();
    private readonly Option<int> _limit = CommonOptions.Limit(DefaultLimit);

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List who did what, newest first",
            "backstay audit list --limit 20",
            "backstay audit list --query login.refused --output json")
    {
        Options.Add(_query);
        Options.Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var query = new ListRequest(
            invocation.Value(_query), ListRequest.First(invocation.Value(_limit)), OrderBy: "sequence", Descending: true);
        var list = await connection.Client.ListAuditAsync(query, cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.AuditEntry, new Columns<AuditEntry>()
            .AddNumber("NO", entry => entry.Sequence.ToString(CultureInfo.InvariantCulture))
            .Add("TIME", entry => Human.Time(entry.Time, invocation.Clock))
            .Add("ACTOR", entry => entry.Actor)
            .Add("ACTION", entry => entry.Action)
            .AddNumber("OUTCOME", entry => entry.Outcome == 0 ? "" : entry.Outcome.ToString(CultureInfo.InvariantCulture))
            .Add("TARGET", entry => entry.Target)
            .Add("FROM", entry => entry.RemoteAddress)
            .Add("DETAIL", entry => entry.Detail));
        invocation.Terminal.HintAtMore(list);
        return ExitCode.Ok;
    }
}
