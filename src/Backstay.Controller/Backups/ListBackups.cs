using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>The lists of backups. Both show only appliances within the caller's scope.</summary>
internal static class ListBackups
{
    public static async Task<Results<Ok<PagedList<Backup>>, ApiErrorResult>> OfApplianceAsync(
        RouteId id, [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, BackupAccess access,
        CancellationToken cancellationToken)
    {
        var (appliance, refusal) = await access.ApplianceAsync(id, caller, cancellationToken);
        return appliance is null
            ? refusal!
            : await PageAsync(query, Rows(catalog, catalog.Appliances.Where(a => a.Id == appliance.Id)), cancellationToken);
    }

    public static async Task<Results<Ok<PagedList<Backup>>, ApiErrorResult>> OfAllAsync(
        [AsParameters] ListQuery query, Caller caller, CatalogContext catalog, CancellationToken cancellationToken) =>
        await PageAsync(
            query,
            Rows(catalog, catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, PrivilegeType.Backup)),
            cancellationToken);

    private static IQueryable<ListedBackup> Rows(CatalogContext catalog, IQueryable<ApplianceEntity> appliances) =>
        from backup in catalog.Backups.AsNoTracking()
        join appliance in appliances on backup.ApplianceId equals appliance.Id
        where backup.Deleted == null
        select new ListedBackup { Backup = backup, ApplianceName = appliance.Name };

    private static async Task<Results<Ok<PagedList<Backup>>, ApiErrorResult>> PageAsync(
        ListQuery query, IQueryable<ListedBackup> rows, CancellationToken cancellationToken)
    {
        // Newest first, unless another order is asked for.
        var newestFirst = string.IsNullOrEmpty(query.OrderBy) && string.IsNullOrEmpty(query.Descending);
        var (list, refusal) = await (newestFirst ? query with { Descending = "true" } : query)
            .PageAsync(rows, ListedBackup.Shape, listed => listed.ToWire(), cancellationToken);
        return list is null ? refusal! : TypedResults.Ok(list);
    }
}
