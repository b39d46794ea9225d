using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Appliance;

/// <summary><c>backstay appliance add</c>: makes it known to the controller; its agent is let in by a seed.</summary>
internal sealed class AddCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "What the appliance is to be called; unique" };
    private readonly Option<string?> _hostname = new("--hostname") { Description = "How it is reached", HelpName = "HOST" };
    private readonly Option<string?> _site = new("--site") { Description = "The name of its site", HelpName = "NAME" };
    private readonly Option<string?> _notes = new("--notes") { Description = "Anything worth knowing", HelpName = "TEXT" };
    private readonly Option<string[]> _tags = new("--tag") { Description = "A tag; may be given again", HelpName = "TAG" };

    public AddCommand(GlobalOptions global)
        : base(
            global,
            "add",
            "Add an appliance",
            "backstay appliance add gw-01",
            "backstay appliance add gw-01 --site Berlin --tag production --tag gateway")
    {
        Arguments.Add(_name);
        Options.Add(_hostname);
        Options.Add(_site);
        Options.Add(_notes);
        Options.Add(_tags);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        using var connection = await invocation.ConnectAsync(cancellationToken);
        var wanted = new ApplianceRecord(
            Id: null,
            invocation.Value(_name),
            invocation.Value(_hostname),
            SiteName: invocation.Value(_site),
            Notes: invocation.Value(_notes),
            Tags: invocation.Value(_tags) is { Length: > 0 } tags ? tags : null);
        var added = await connection.Client.CreateApplianceAsync(wanted, cancellationToken);
        invocation.Terminal.Result(added, AdminJson.Default.Appliance, shown =>
            invocation.Terminal.Line($"Added {shown.Name} ({shown.Id})."));
        invocation.Terminal.Hint($"Let its agent in with: backstay appliance seed {added.Name} --to {added.Name}.seed");
        return ExitCode.Ok;
    }
}
