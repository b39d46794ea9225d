using Backstay.Cli.Outcomes;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands;

/// <summary>Finds what people call by name or by id.</summary>
internal static class ApplianceLookup
{
    /// <param name="nameOrId">Letter case of a name matters only if two names differ in nothing else.</param>
    public static async Task<ApplianceStatus> FindApplianceAsync(
        this AdminClient client, string nameOrId, CancellationToken cancellationToken)
    {
        var isId = Guid.TryParse(nameOrId, out var id);
        var query = isId ? new ListRequest(FilterBy: [$"id:{id}"]) : new ListRequest(Query: nameOrId);
        var appliances = (await client.ListApplianceStatusAsync(query, cancellationToken)).Data;
        var found = isId
            ? [.. appliances.Where(appliance => appliance.Id == id)]
            : Named(appliances, nameOrId);
        return found switch
        {
            [var one] => one,
            [] => throw CliException.NotFound($"There is no appliance '{nameOrId}'. See them all with: backstay appliance list"),
            _ => throw new CliException(
                ExitCode.Usage, CliErrorIds.Ambiguous, $"Several appliances are called '{nameOrId}' but for letter case. Write it exactly, or use the id."),
        };
    }

    private static List<ApplianceStatus> Named(IReadOnlyList<ApplianceStatus> appliances, string name)
    {
        var exact = appliances.Where(appliance => appliance.Name == name).ToList();
        return exact.Count > 0
            ? exact
            : [.. appliances.Where(appliance => appliance.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
    }
}
