using System.CommandLine;
using Backstay.Cli.Commands.Event;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.EventEndpoint;

/// <summary><c>backstay event-endpoint set</c>: makes the endpoint if there is none of that name, else only what is named changes.</summary>
internal sealed class SetCommand : CliCommand
{
    private readonly Argument<string> _name = new("ENDPOINT") { Description = "The endpoint, by name or id; a name that is new makes a new one" };
    private readonly Option<string?> _url = new("--url") { Description = "Where the POSTs go", HelpName = "URL" };
    private readonly Option<EventKind[]?> _kinds = EventKinds.Options();
    private readonly Option<bool> _all = new("--all-kinds") { Description = "Events of all kinds" };
    private readonly Option<bool?> _paused = new("--paused")
    {
        Description = "Whether it gets nothing for now",
        HelpName = "true|false",
        Arity = ArgumentArity.ZeroOrOne,
        CompletionSources = { "true", "false" },
    };

    public SetCommand(GlobalOptions global)
        : base(
            global,
            "set",
            "Have events sent to a URL, signed and tried again for a day",
            "backstay event-endpoint set pager --url https://hooks.example.com/backstay --kind backup.overdue --kind backup.damaged",
            "backstay event-endpoint set pager --paused")
    {
        Arguments.Add(_name);
        Options.Add(_url);
        Options.Add(_kinds);
        Options.Add(_all);
        Options.Add(_paused);
        Validators.Add(result =>
        {
            if (result.GetValue(_all) && result.GetResult(_kinds) is not null)
                result.AddError("Say which events: either --all-kinds, or --kind.");
        });
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (!new Option[] { _url, _kinds, _all, _paused }.Any(invocation.Has))
            throw CliException.Usage("Say what to set. See: backstay event-endpoint set --help");

        using var connection = await invocation.ConnectAsync(cancellationToken);
        var (client, name) = (connection.Client, invocation.Value(_name));
        var known = await client.TryFindEndpointAsync(name, cancellationToken);
        var before = known ?? new Protocol.Admin.EventEndpoint(null, name);
        var wanted = before with
        {
            Url = invocation.Value(_url) ?? before.Url,
            Kinds = invocation.Value(_all) ? null : invocation.Value(_kinds) ?? before.Kinds,
            Paused = invocation.Value(_paused) ?? (invocation.Has(_paused) || before.Paused),
        };
        var saved = known is null
            ? await client.CreateEventEndpointAsync(wanted, cancellationToken)
            : await client.UpdateEventEndpointAsync(known.Id!.Value, wanted, cancellationToken);
        invocation.Terminal.Result(saved, AdminJson.Default.EventEndpoint, shown => invocation.Terminal.Fields(
            ("Name", shown.Name),
            ("Id", shown.Id?.ToString()),
            ("State", shown.Paused ? "paused" : "on"),
            ("Url", shown.Url),
            ("Kinds", EndpointText.Kinds(shown))));
        invocation.Terminal.Hint($"See whether it arrives with: backstay event-endpoint test {saved.Name}");
        return ExitCode.Ok;
    }
}
