using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Verification;

/// <summary><c>backstay verification list</c>: what was proven, when, and how fast.</summary>
internal sealed class ListCommand : CliCommand
{
    private const int DefaultLimit = 50;

    private readonly Argument<string?> _name = new("NAME")
    {
        Description = "Only those of this appliance's backups, by name or id",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<Guid?> _backup = new("--backup") { Description = "Only those of this backup", HelpName = "BACKUP_ID" };
    private readonly Option<string?> _strength = new("--strength") { Description = "Only those of this strength", HelpName = "digest|content|drill" };

    private readonly Option<string?> _state = new("--state")
    {
        Description = "Only those that are so",
        HelpName = "waiting|running|passed|failed|impossible",
    };

    private readonly Option<int> _limit = CommonOptions.Limit(DefaultLimit);

    public ListCommand(GlobalOptions global)
        : base(
            global,
            "list",
            "List verifications, newest first",
            "backstay verification list",
            "backstay verification list gw-01 --strength content",
            "backstay verification list --state failed --output json")
    {
        _strength.AcceptOnlyFromAmong("digest", "content", "drill");
        _state.AcceptOnlyFromAmong("waiting", "running", "passed", "failed", "impossible");
        Arguments.Add(_name);
        Options.Add(_backup);
        Options.Add(_strength);
        Options.Add(_state);
        Options.Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var client = connection.Client;
        List<string> filters = [];
        if (invocation.Value(_name) is { } name)
            filters.Add($"applianceId:{(await client.FindApplianceAsync(name, cancellationToken)).Id}");
        if (invocation.Value(_backup) is { } backup)
            filters.Add($"backupId:{backup}");
        if (invocation.Value(_strength) is { } strength)
            filters.Add($"strength:{strength}");
        if (invocation.Value(_state) is { } state)
            filters.Add($"state:{state}");

        var query = new ListRequest(
            Range: ListRequest.First(invocation.Value(_limit)), OrderBy: "requested", Descending: true, FilterBy: filters);
        var list = await client.ListVerificationsAsync(query, cancellationToken);
        invocation.Terminal.Result(list.Data, AdminJson.Default.VerificationRecord, new Columns<VerificationRecord>()
            .Add("APPLIANCE", verification => verification.ApplianceName)
            .Add("BACKUP", verification => verification.BackupId.ToString())
            .Add("STRENGTH", verification => Human.Word<VerificationStrength>(verification.Strength))
            .Add("STATE", verification => Human.Word<VerificationRunState>(verification.State), VerificationText.Style)
            .Add("ENDED", verification => Human.Time(verification.Ended, invocation.Clock))
            .AddNumber("TOOK", VerificationText.Duration)
            .AddNumber("READ", verification => verification.Bytes > 0 ? Human.Size(verification.Bytes) : "")
            .AddNumber("SPEED", VerificationText.Speed)
            .Add("MESSAGE", verification => verification.State == VerificationRunState.Passed ? null : verification.Message));
        invocation.Terminal.HintAtMore(list);
        return ExitCode.Ok;
    }
}
