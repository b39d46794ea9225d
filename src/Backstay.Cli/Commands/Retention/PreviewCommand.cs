using System.CommandLine;
using System.Globalization;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention preview</c>: what would stay and what would go, before anything is saved.</summary>
internal sealed class PreviewCommand : CliCommand
{
    private const int AppliancesAtOnce = 50;

    private readonly Argument<string?> _name = new("POLICY")
    {
        Description = "A policy, saved or not, as it would be with the options; without it, what is saved",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _going = new("--going") { Description = "Show only what would go" };
    private readonly Option<string?> _query = CommonOptions.Query();
    private readonly PolicyOptions _options;

    public PreviewCommand(GlobalOptions global)
        : base(
            global,
            "preview",
            "Show what would be kept, by which rule, and what would go; changes nothing",
            "backstay retention preview",
            "backstay retention preview Production --keep-daily 30 --going",
            "backstay retention preview New --tag lab --keep-last 3 --output json | jq '[.[].going] | add'")
    {
        Arguments.Add(_name);
        Options.Add(_going);
        Options.Add(_query);
        _options = new PolicyOptions(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Value(_name) is null && _options.AreGiven(invocation))
            throw CliException.Usage("Say which policy these options are of; a name that no policy has is that of a new one.");

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var request = new RetentionPreviewRequest(invocation.Value(_name) is { } name
            ? await _options.ChangeAsync(
                await client.TryFindPolicyAsync(name, cancellationToken) ?? NewPolicy(invocation, name), invocation, client, cancellationToken)
            : null);
        var previews = await ReadAsync(client, request, invocation.Value(_query), cancellationToken);
        await invocation.WarnOfClockAsync(client, cancellationToken);
        Show(invocation, previews);
        return ExitCode.Ok;
    }

    private RetentionPolicy NewPolicy(Invocation invocation, string name) => _options.AreGiven(invocation)
        ? new RetentionPolicy(Id: null, name)
        : throw CliException.NotFound($"There is no retention policy '{name}'. See them all with: backstay retention list");

    private static async Task<List<RetentionPreview>> ReadAsync(
        AdminClient client, RetentionPreviewRequest request, string? query, CancellationToken cancellationToken)
    {
        List<RetentionPreview> previews = [];
        PagedList<RetentionPreview> page;
        do
        {
            var range = string.Create(CultureInfo.InvariantCulture, $"{previews.Count}-{previews.Count + AppliancesAtOnce - 1}");
            page = await client.PreviewRetentionAsync(request, new ListRequest(query, range), cancellationToken);
            previews.AddRange(page.Data);
        }
        while (page.Data.Count > 0 && previews.Count < page.TotalCount);
        return previews;
    }

    private void Show(Invocation invocation, List<RetentionPreview> previews)
    {
        var terminal = invocation.Terminal;
        if (terminal.Format == OutputFormat.Json)
        {
            terminal.Result(previews, AdminJson.Default.RetentionPreview, new Columns<RetentionPreview>());
            return;
        }

        var onlyGoing = invocation.Value(_going);
        List<(string Appliance, RetentionVerdict Verdict)> rows =
        [
            .. from preview in previews
               from verdict in preview.Backups
               where !onlyGoing || !verdict.Keep
               select (preview.ApplianceName, verdict),
        ];
        terminal.Show(rows, new Columns<(string Appliance, RetentionVerdict Verdict)>()
            .Add("APPLIANCE", row => row.Appliance)
            .Add("BACKUP", row => row.Verdict.BackupId.ToString())
            .Add("CREATED", row => Human.Time(row.Verdict.Created, invocation.Clock))
            .AddNumber("SIZE", row => Human.Size(row.Verdict.Size))
            .Add("VERDICT", row => row.Verdict.Keep ? "keep" : "go", row => row.Verdict.Keep ? Styles.Good : Styles.Bad)
            .Add("WHY", row => PolicyText.Why(row.Verdict)));
        terminal.Hint(
            $"{Human.Count(previews.Sum(p => p.Kept))} stay ({Human.Size(previews.Sum(p => p.KeptBytes))}), "
            + $"{Human.Count(previews.Sum(p => p.Going))} would go ({Human.Size(previews.Sum(p => p.GoingBytes))}).");
    }
}
