using System.Linq.Expressions;
using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Objectives;

/// <summary>
/// Reads how appliances stand. The newest backup of each is one step down an index, so that the cost goes by the number of appliances, not
/// by that of the backups.
/// </summary>
internal sealed class FleetReader(CatalogContext catalog)
{
    /// <summary>Succeeded, there, and not damaged.</summary>
    public static readonly Expression<Func<BackupEntity, bool>> IsGood = b =>
        b.State == BackupState.Succeeded && b.Deleted == null && b.Verification != Protocol.Admin.VerificationState.Damaged;

    /// <summary>
    /// Worst first: in the order in which they become, or became, overdue; then those of which nothing is asked, by name. A backup of a time
    /// that has not come was made by a clock that was ahead, and is of no known age: until then it doesn't count.
    /// </summary>
    public async Task<List<Standing>> ReadAsync(
        IQueryable<ApplianceEntity> appliances, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var objectives = await ObjectiveSet.LoadAsync(catalog, cancellationToken);
        var rows = await appliances.AsNoTracking()
            .Select(a => new
            {
                Appliance = a,
                Good = catalog.Backups.Where(IsGood)
                    .Where(b => b.ApplianceId == a.Id && b.Created <= now)
                    .OrderByDescending(b => b.Created)
                    .Select(b => (DateTimeOffset?)b.Created)
                    .FirstOrDefault(),
                Proven = catalog.Backups.Where(IsGood)
                    .Where(b => b.ApplianceId == a.Id && b.Created <= now && b.ContentVerified != null)
                    .OrderByDescending(b => b.Created)
                    .Select(b => (DateTimeOffset?)b.Created)
                    .FirstOrDefault(),
            })
            .ToListAsync(cancellationToken);
        return
        [
            .. rows
                .Select(row => Standing.Of(row.Appliance, objectives.For(row.Appliance), row.Good, row.Proven, now))
                .OrderBy(standing => standing.OverdueAt is null)
                .ThenBy(standing => standing.OverdueAt)
                .ThenBy(standing => standing.State)
                .ThenBy(standing => standing.Appliance.Name, StringComparer.OrdinalIgnoreCase)
                .ThenBy(standing => standing.Appliance.Id),
        ];
    }
}
