using System.CommandLine;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Objective;

/// <summary>What an objective can be told, in the same words when it is made and when it is changed.</summary>
internal sealed class ObjectiveFields
{
    private readonly ApplianceSelectionOptions _selection;
    private readonly Option<int> _good = Hours("--good-within", "How old the newest good backup may be, in hours");
    private readonly Option<int> _proven = Hours("--proven-within", "How old the newest proven backup may be, in hours");
    private readonly Option<string?> _notes = new("--notes") { Description = "Anything worth knowing", HelpName = "TEXT" };

    /// <param name="command">Gets the options.</param>
    public ObjectiveFields(Command command)
    {
        _selection = new ApplianceSelectionOptions(command);
        foreach (var option in Own)
            command.Options.Add(option);
    }

    private IEnumerable<Option> Own => [_good, _proven, _notes];

    /// <summary>Whether any of them stands on the command line.</summary>
    public bool AreGiven(Invocation invocation) => _selection.All.Concat(Own).Any(invocation.Has);

    /// <summary>The objective with what stands on the command line. A new choice of appliances takes the place of the whole one before.</summary>
    public async Task<BackupObjective> ApplyAsync(
        BackupObjective objective, Invocation invocation, AdminClient client, CancellationToken cancellationToken)
    {
        return objective with
        {
            Appliances = await _selection.ReadAsync(invocation, client, cancellationToken) ?? objective.Appliances,
            GoodWithinHours = Changed(_good, objective.GoodWithinHours),
            ProvenWithinHours = Changed(_proven, objective.ProvenWithinHours),
            Notes = invocation.Value(_notes) ?? objective.Notes,
        };

        int? Changed(Option<int> option, int? value) => !invocation.Has(option) ? value : invocation.Value(option) is > 0 and var hours ? hours : null;
    }

    private static Option<int> Hours(string name, string description) =>
        CommonOptions.Number(name, least: 0, standard: 0, $"{description}; 0: that isn't asked for");
}
