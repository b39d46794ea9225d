using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Appliance;

/// <summary><c>backstay appliance show</c>.</summary>
internal sealed class ShowCommand : CliCommand
{
    private readonly Argument<string> _name = CommonOptions.Appliance();

    public ShowCommand(GlobalOptions global)
        : base(global, "show", "Show an appliance", "backstay appliance show gw-01")
    {
        Arguments.Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var appliance = await connection.Client.FindApplianceAsync(invocation.Value(_name), cancellationToken);
        invocation.Terminal.Result(appliance, AdminJson.Default.ApplianceStatus, shown => invocation.Terminal.Fields(
            ("Name", shown.Name),
            ("Id", shown.Id.ToString()),
            ("Status", ApplianceText.Status(shown)),
            ("Activated", Human.YesNo(shown.Activated)),
            ("Hostname", shown.Hostname),
            ("Site", shown.SiteName ?? shown.Site?.ToString()),
            ("Tags", string.Join(' ', shown.Tags)),
            ("Functions", string.Join(", ", shown.Functions)),
            ("Agent", shown.ApplianceVersion),
            ("Last seen", Human.Time(shown.LastSeen, invocation.Clock)),
            ("CPU", Human.Percent(shown.Cpu)),
            ("Memory", Human.Percent(shown.Memory)),
            ("Disk", shown.Details.Disk is { } disk
                ? $"{Human.Percent(shown.Disk)} ({Human.Size(disk.Free)} of {Human.Size(disk.Total)} free)"
                : null)));
        return ExitCode.Ok;
    }
}
