using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Appliance;

/// <summary><c>backstay appliance list</c>.</summary>
internal sealed class ListCommand : CliCommand
{
    private readonly Option<string?> _query = CommonOptions.Query();

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List appliances and how they are",
            "backstay appliance list",
            "backstay appliance list --query berlin",
            "backstay appliance list --output json | jq -r '.[] | select(.status == \"offline\").name'")
    {
        Options.Add(_query);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var list = await connection.Client.ListApplianceStatusAsync(new ListRequest(invocation.Value(_query)), cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.ApplianceStatus, new Columns<ApplianceStatus>()
            .Add("NAME", appliance => appliance.Name)
            .Add("STATUS", ApplianceText.Status, ApplianceText.Style)
            .Add("SITE", appliance => appliance.SiteName)
            .Add("TAGS", appliance => string.Join(' ', appliance.Tags))
            .AddNumber("CPU", appliance => Human.Percent(appliance.Cpu))
            .AddNumber("MEMORY", appliance => Human.Percent(appliance.Memory))
            .AddNumber("DISK", appliance => Human.Percent(appliance.Disk))
            .Add("VERSION", appliance => appliance.ApplianceVersion)
            .Add("LAST SEEN", appliance => Human.Time(appliance.LastSeen, invocation.Clock))
            .Add("ID", appliance => appliance.Id.ToString()));
        if (list.Data.Count == 0)
            invocation.Terminal.Hint("No appliance yet. Add one with: backstay appliance add NAME");
        return ExitCode.Ok;
    }
}
