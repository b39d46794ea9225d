using System.CommandLine;
using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands;

/// <summary>Which appliances something is for, in the words of <see cref="ApplianceSelection"/>.</summary>
internal sealed class SelectionOptions
{
    private readonly Option<bool> _all = new("--all") { Description = "Every appliance" };
    private readonly Option<string[]> _appliances = new("--appliance") { Description = "An appliance, by name or id; may be given again", HelpName = "NAME" };
    private readonly Option<string[]> _tags = new("--tag") { Description = "Appliances with this tag; may be given again", HelpName = "TAG" };

    private readonly Option<string[]> _functions = new("--function")
    {
        Description = "Appliances with this function; may be given again",
        HelpName = "FUNCTION",
        CompletionSources = { "Controller", "Gateway", "LogServer", "LogForwarder", "Connector", "Portal", "Metrics Aggregator" },
    };

    public IReadOnlyList<Option> Options => [_all, _appliances, _tags, _functions];

    /// <returns>Null: the command line names none.</returns>
    public async Task<ApplianceSelection?> ReadAsync(Invocation invocation, AdminClient client, CancellationToken cancellationToken)
    {
        var names = invocation.Value(_appliances) ?? [];
        var tags = invocation.Value(_tags) ?? [];
        var functions = invocation.Value(_functions) ?? [];
        var some = names.Length + tags.Length + functions.Length > 0;
        if (invocation.Value(_all))
        {
            return some
                ? throw CliException.Usage("--all is every appliance: leave out --appliance, --tag and --function.")
                : new ApplianceSelection(All: true);
        }

        if (!some)
            return null;

        var ids = new List<Guid>();
        foreach (var name in names)
            ids.Add((await client.FindApplianceAsync(name, cancellationToken)).Id);
        return new ApplianceSelection(
            All: false, ids.Count > 0 ? ids : null, tags.Length > 0 ? tags : null, functions.Length > 0 ? functions : null);
    }
}
