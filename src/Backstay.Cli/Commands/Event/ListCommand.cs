using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Event;

/// <summary><c>backstay event list</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private const int DefaultLimit = 50;

    private readonly Option<string?> _query = CommonOptions.Query();
    private readonly Option<EventKind?> _kind = EventKinds.Option();
    private readonly Option<string?> _appliance = new("--appliance") { Description = "Only events of this appliance, by name or id", HelpName = "NAME" };
    private readonly Option<int> _limit = CommonOptions.Limit(DefaultLimit);

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List what happened that people want to be told of, newest first",
            "backstay event list",
            "backstay event list --kind backup.overdue --appliance gw-01")
    {
        Options.Add(_query);
        Options.Add(_kind);
        Options.Add(_appliance);
        Options.Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        List<string> filters = [];
        if (invocation.Value(_kind) is { } kind)
            filters.Add($"kind:{EventKinds.Word(kind)}");
        if (invocation.Value(_appliance) is { } name)
            filters.Add($"applianceId:{(await connection.Client.FindApplianceAsync(name, cancellationToken)).Id}");

        var query = new ListRequest(
            invocation.Value(_query), ListRequest.First(invocation.Value(_limit)), OrderBy: "time", Descending: true, filters);
        var list = await connection.Client.ListEventsAsync(query, cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.Event, new Columns<Protocol.Admin.Event>()
            .Add("TIME", happened => Human.Time(happened.Time, invocation.Clock))
            .Add("KIND", happened => EventKinds.Word(happened.Kind), happened => happened.Kind switch
            {
                EventKind.BackupRecovered => Styles.Good,
                EventKind.BackupUnreadable or EventKind.KeyExpiring or EventKind.StoreNearlyFull or EventKind.ScheduleMissed => Styles.Busy,
                _ => Styles.Bad,
            })
            .Add("APPLIANCE", happened => happened.ApplianceName ?? happened.ApplianceId?.ToString())
            .Add("MESSAGE", happened => happened.Message));
        invocation.Terminal.HintAtMore(list);
        return ExitCode.Ok;
    }
}
