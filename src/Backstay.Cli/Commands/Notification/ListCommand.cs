using System.CommandLine;
using System.Globalization;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Notification;

/// <summary><c>backstay notification list</c>: deliveries, and what came of them.</summary>
internal sealed class ListCommand : CliCommand
{
    private const int DefaultLimit = 50;

    private readonly Option<Guid?> _backup = new("--backup") { Description = "Only those of this backup", HelpName = "BACKUP_ID" };
    private readonly Option<int> _limit = CommonOptions.Limit(DefaultLimit);

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List notifications and what came of them",
            "backstay notification list",
            "backstay notification list --backup 6f1c8b1e-5c1f-4a55-9d0c-6f4f3a0f5d11")
    {
        Options.Add(_backup);
        Options.Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var query = new ListRequest(
            Range: ListRequest.First(invocation.Value(_limit)), OrderBy: "created", Descending: true);
        var list = await connection.Client.ListDeliveriesAsync(invocation.Value(_backup), query, cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.Delivery, new Columns<Delivery>()
            .Add("DELIVERY", delivery => delivery.Id.ToString())
            .Add("CREATED", delivery => Human.Time(delivery.Created, invocation.Clock))
            .Add("STATE", delivery => Human.Word<DeliveryState>(delivery.State), delivery => delivery.State switch
            {
                DeliveryState.Delivered => Styles.Good,
                DeliveryState.Pending => Styles.Busy,
                _ => Styles.Bad,
            })
            .AddNumber("TRIES", delivery => Human.Count(delivery.Tries.Count))
            .Add("LAST ANSWER", LastAnswer)
            .Add("URL", delivery => delivery.Url)
            .Add("BACKUP", delivery => delivery.BackupId.ToString()));
        invocation.Terminal.HintAtMore(list);
        return ExitCode.Ok;
    }

    private static string? LastAnswer(Delivery delivery) =>
        delivery.Tries is [.., var last] ? last.StatusCode?.ToString(CultureInfo.InvariantCulture) ?? last.Error : null;
}
