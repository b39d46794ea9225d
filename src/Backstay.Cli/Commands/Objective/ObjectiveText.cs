using System.CommandLine;
using System.Globalization;
using Backstay.Cli.Commands.Schedule;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Objective;

/// <summary>Objectives in words, and by what people call them.</summary>
internal static class ObjectiveText
{
    public static Argument<string> Name() => new("OBJECTIVE") { Description = "The objective, by name or id" };

    public static async Task<BackupObjective?> TryFindObjectiveAsync(this AdminClient client, string nameOrId, CancellationToken cancellationToken)
    {
        var objectives = (await client.ListObjectivesAsync(null, cancellationToken)).Data;
        return objectives.FirstOrDefault(objective => Guid.TryParse(nameOrId, out var id)
            ? objective.Id == id
            : string.Equals(objective.Name, nameOrId, StringComparison.OrdinalIgnoreCase));
    }

    public static async Task<BackupObjective> FindObjectiveAsync(this AdminClient client, string nameOrId, CancellationToken cancellationToken) =>
        await client.TryFindObjectiveAsync(nameOrId, cancellationToken)
            ?? throw CliException.NotFound($"There is no objective '{nameOrId}'. See them all with: backstay objective list");

    public static string Selects(BackupObjective objective) =>
        objective.IsDefault ? "those that no other objective selects" : ScheduleText.Appliances(objective.Appliances);

    public static string Hours(int? hours) => hours is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known} h") : "";

    public static void Show(Terminal terminal, BackupObjective objective) => terminal.Fields(
        ("Name", objective.Name),
        ("Id", objective.Id?.ToString()),
        ("Appliances", Selects(objective)),
        ("Good within", Hours(objective.GoodWithinHours)),
        ("Proven within", Hours(objective.ProvenWithinHours)),
        ("Notes", objective.Notes));
}
