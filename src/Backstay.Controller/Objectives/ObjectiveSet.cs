using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Objectives;

/// <summary>What is asked for of one appliance.</summary>
/// <param name="Names">Of the objectives that say so.</param>
internal sealed record ObjectiveInForce(IReadOnlyList<string> Names, int? GoodWithinHours, int? ProvenWithinHours);

/// <summary>
/// All objectives, and which of them apply to an appliance: every one that selects it, and where none does the default one. Of several
/// the strictest counts (docs/decisions/0118).
/// </summary>
internal sealed class ObjectiveSet(IEnumerable<BackupObjectiveEntity> objectives)
{
    private readonly List<BackupObjectiveEntity> _own =
        [.. objectives.Where(o => !o.IsDefault).OrderBy(o => o.Name, StringComparer.OrdinalIgnoreCase)];

    private readonly List<BackupObjectiveEntity> _default = [.. objectives.Where(o => o.IsDefault)];

    public static async Task<ObjectiveSet> LoadAsync(CatalogContext catalog, CancellationToken cancellationToken) =>
        new(await catalog.BackupObjectives.AsNoTracking().ToListAsync(cancellationToken));

    public ObjectiveInForce For(ApplianceEntity appliance)
    {
        var own = _own.FindAll(objective => objective.Appliances.Matches(appliance));
        var applying = own.Count > 0 ? own : _default;
        return new ObjectiveInForce(
            [.. applying.Select(o => o.Name)], applying.Min(o => o.GoodWithinHours), applying.Min(o => o.ProvenWithinHours));
    }
}
