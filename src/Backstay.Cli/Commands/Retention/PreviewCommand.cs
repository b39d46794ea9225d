using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Retention;

/// <summary><c>backstay retention preview</c>: what would stay and what would go, before anything is saved.</summary>
internal sealed class PreviewCommand : CliCommand
{
    private readonly Argument<string?> _name = new("POLICY")
    {
        Description = "A policy, saved or not, as it would be with the options; without it, what is saved",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _without = new("--without")
    {
        Description = "What if this policy were removed, by name or id",
        HelpName = "POLICY",
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
            "backstay retention preview --without Production --going",
            "backstay retention preview New --tag lab --keep-last 3 --output json | jq '[.[].going] | add'")
    {
        Arguments.Add(_name);
        Options.Add(_without);
        Options.Add(_going);
        Options.Add(_query);
        _options = new PolicyOptions(this);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Value(_name) is null && _options.AreGiven(invocation))
            throw CliException.Usage("Say which policy these options are of; a name that no policy has is that of a new one.");

        if (invocation.Value(_name) is not null && invocation.Has(_without))
            throw CliException.Usage("Preview a policy, or --without one: not both at once.");

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        var request = await RequestAsync(invocation, client, cancellationToken);
        await invocation.WarnOfRetentionAsync(client, cancellationToken);
        await ShowAsync(invocation, client.PreviewsAsync(request, invocation.Value(_query), cancellationToken));
        return ExitCode.Ok;
    }

    private async Task<RetentionPreviewRequest> RequestAsync(Invocation invocation, AdminClient client, CancellationToken cancellationToken)
    {
        if (invocation.Value(_without) is { } without)
            return new RetentionPreviewRequest(Without: (await client.FindPolicyAsync(without, cancellationToken)).Id);
        return new RetentionPreviewRequest(invocation.Value(_name) is { } name
            ? await _options.ChangeAsync(
                await client.TryFindPolicyAsync(name, cancellationToken) ?? NewPolicy(invocation, name), invocation, client, cancellationToken)
            : null);
    }

    private RetentionPolicy NewPolicy(Invocation invocation, string name) => _options.AreGiven(invocation)
        ? new RetentionPolicy(Id: null, name)
        : throw CliException.NotFound($"There is no retention policy '{name}'. See them all with: backstay retention list");

    private async Task ShowAsync(Invocation invocation, IAsyncEnumerable<RetentionPreview> previews)
    {
        var terminal = invocation.Terminal;
        if (terminal.Format == OutputFormat.Json)
        {
            await terminal.JsonArrayAsync(previews, AdminJson.Default.RetentionPreview, preview => preview);
            return;
        }

        // A table is as wide as its widest row: of the previews, its rows are kept.
        var onlyGoing = invocation.Value(_going);
        var (kept, keptBytes, going, goingBytes) = (0, 0L, 0, 0L);
        List<(string Appliance, RetentionVerdict Verdict)> rows = [];
        await foreach (var preview in previews)
        {
            rows.AddRange(preview.Backups.Where(verdict => !onlyGoing || !verdict.Keep).Select(verdict => (preview.ApplianceName, verdict)));
            (kept, keptBytes) = (kept + preview.Kept, keptBytes + preview.KeptBytes);
            (going, goingBytes) = (going + preview.Going, goingBytes + preview.GoingBytes);
        }

        terminal.Show(rows, new Columns<(string Appliance, RetentionVerdict Verdict)>()
            .Add("APPLIANCE", row => row.Appliance)
            .Add("BACKUP", row => row.Verdict.BackupId.ToString())
            .Add("CREATED", row => Human.Time(row.Verdict.Created, invocation.Clock))
            .AddNumber("SIZE", row => Human.Size(row.Verdict.Size))
            .Add("VERDICT", row => row.Verdict.Keep ? "keep" : "go", row => row.Verdict.Keep ? Styles.Good : Styles.Bad)
            .Add("WHY", row => PolicyText.Why(row.Verdict)));
        terminal.Hint(
            $"{Human.Count(kept)} stay ({Human.Size(keptBytes)}), {Human.Count(going)} would go ({Human.Size(goingBytes)}).");
    }
}
