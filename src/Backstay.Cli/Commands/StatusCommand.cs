using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Spectre.Console;

namespace Backstay.Cli.Commands;

/// <summary><c>backstay status</c>: the fleet, worst first; 1 when anyone is overdue.</summary>
internal sealed class StatusCommand : CliCommand
{
    private const int DefaultLimit = 50;

    private readonly Option<string?> _query = CommonOptions.Query();
    private readonly Option<string[]> _tags = new("--tag") { Description = "Only appliances with this tag; of several, with all of them", HelpName = "TAG" };
    private readonly Option<bool> _overdue = new("--overdue") { Description = "Show only those that are overdue" };
    private readonly Option<int> _limit = CommonOptions.Limit(DefaultLimit);

    public StatusCommand(GlobalOptions global)
        : base(
            global,
            "status",
            "Show who is protected and who is not, worst first; ends with 1 when anyone is overdue",
            "backstay status",
            "backstay status --overdue --tag production",
            "backstay status --quiet > /dev/null || echo 'somebody is overdue'",
            "backstay status --output json | jq -r '.data[] | select(.state == \"overdue\").applianceName'")
    {
        Options.Add(_query);
        Options.Add(_tags);
        Options.Add(_overdue);
        Options.Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var query = new ListRequest(
            invocation.Value(_query),
            ListRequest.First(invocation.Value(_limit)),
            FilterBy: [.. (invocation.Value(_tags) ?? []).Select(tag => $"tags:{tag}")]);
        var fleet = await connection.Client.GetFleetAsync(
            invocation.Value(_overdue) ? ProtectionState.Overdue : null, query, cancellationToken);
        invocation.Terminal.Result(fleet, AdminJson.Default.Fleet, shown => Show(invocation, shown));
        return fleet.Counts.Overdue > 0 ? ExitCode.Failure : ExitCode.Ok;
    }

    private static void Show(Invocation invocation, Fleet fleet)
    {
        invocation.Terminal.Show(fleet.Data, new Columns<FleetMember>()
            .Add("NAME", member => member.ApplianceName)
            .Add("STATE", State, Style)
            .AddNumber("GOOD", member => Age(member.GoodAgeSeconds))
            .AddNumber("OF", member => Hours(member.GoodWithinHours))
            .AddNumber("PROVEN", member => Age(member.ProvenAgeSeconds))
            .AddNumber("OF", member => Hours(member.ProvenWithinHours))
            .Add("LAST", member => member.LastReason is { } reason ? Kebab(reason) : Human.Word(member.LastResult))
            .Add("NEXT RUN", member => Human.Time(member.NextRun, invocation.Clock))
            .Add("SITE", member => member.SiteName)
            .Add("REASON", member => member.Reason));
        var counts = fleet.Counts;
        invocation.Terminal.Hint(
            $"{Human.Count(counts.Overdue)} overdue, {Human.Count(counts.Protected)} protected, {Human.Count(counts.NoObjective)} without an "
            + $"objective, {Human.Count(counts.Inactive)} inactive.");
        if (fleet.TotalCount > fleet.Data.Count)
            invocation.Terminal.Hint($"{Human.Count(fleet.Data.Count)} of {Human.Count(fleet.TotalCount)}; see more with --limit N.");
    }

    private static string State(FleetMember member) => member.State switch
    {
        ProtectionState.NoObjective => "no objective",
        var state => Human.Word<ProtectionState>(state),
    };

    private static Style Style(FleetMember member) => member.State switch
    {
        ProtectionState.Overdue => Styles.Bad,
        ProtectionState.Protected => Styles.Good,
        _ => Styles.Plain,
    };

    private static string Age(long? seconds) => seconds is { } known ? Human.Duration(TimeSpan.FromSeconds(known)) : "never";

    private static string Hours(int? hours) => hours is { } known ? $"{Human.Count((long)known)} h" : "";

    private static string Kebab(FailureReason reason) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(reason.ToString());
}
