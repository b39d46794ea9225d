using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Objectives;

/// <summary>What is asked for where nobody has said anything: a backup every other day. Proof is asked for by who wants it.</summary>
internal static class DefaultObjective
{
    private const string Name = "Default";
    private const int GoodWithinHours = 48;

    /// <summary>Makes the default objective, and the row of what the watch remembers, where there are none.</summary>
    public static async Task MakeAsync(CatalogContext catalog, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!await catalog.WatchState.AnyAsync(cancellationToken))
            catalog.WatchState.Add(new WatchStateEntity());
        if (!await catalog.BackupObjectives.AnyAsync(o => o.Id == BackupObjectiveEntity.DefaultId, cancellationToken))
        {
            catalog.BackupObjectives.Add(new BackupObjectiveEntity
            {
                Id = BackupObjectiveEntity.DefaultId,
                Name = Name,
                Notes = "For appliances that no other objective selects. Made at first start.",
                Appliances = new ApplianceSelection(All: true),
                GoodWithinHours = GoodWithinHours,
                Created = now,
                Updated = now,
            });
        }

        await catalog.SaveChangesAsync(cancellationToken);
    }
}
