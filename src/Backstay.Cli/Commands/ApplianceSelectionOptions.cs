using System.CommandLine;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands;

/// <summary>Which appliances a rule is for, as options, in the words of <see cref="ApplianceSelection"/>.</summary>
internal sealed class ApplianceSelectionOptions
{
    private readonly Option<bool> _all = new("--all") { Description = "Select every appliance" };
    private readonly Option<string[]> _appliances = Several("--appliance", "NAME", "Select this appliance, by name or id; may be given again");
    private readonly Option<string[]> _tags = Several("--tag", "TAG", "Select appliances with this tag; may be given again");
    private readonly Option<string[]> _functions = Several("--function", "FUNCTION", "Select appliances with this function, such as Gateway; may be given again");

    /// <param name="command">Gets the options.</param>
    public ApplianceSelectionOptions(Command command)
    {
        _functions.CompletionSources.Add("Controller", "Gateway", "LogServer", "LogForwarder", "Connector", "Portal", "Metrics Aggregator");
        foreach (var option in All)
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_all) && new Option[] { _appliances, _tags, _functions }.Any(option => result.GetResult(option) is not null))
                result.AddError("Say which appliances: either --all, or --appliance, --tag and --function.");
        });
    }

    public IEnumerable<Option> All => [_all, _appliances, _tags, _functions];

    /// <summary>What stands on the command line; null when nothing does.</summary>
    public async Task<ApplianceSelection?> ReadAsync(Invocation invocation, AdminClient client, CancellationToken cancellationToken)
    {
        if (invocation.Value(_all))
            return new ApplianceSelection(All: true);
        var (names, tags, functions) = (invocation.Value(_appliances) ?? [], invocation.Value(_tags) ?? [], invocation.Value(_functions) ?? []);
        if (names.Length + tags.Length + functions.Length == 0)
            return null;

        List<Guid> ids = [];
        foreach (var name in names)
            ids.Add((await client.FindApplianceAsync(name, cancellationToken)).Id);
        return new ApplianceSelection(All: false, ids, tags, functions);
    }

    private static Option<string[]> Several(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };
}
