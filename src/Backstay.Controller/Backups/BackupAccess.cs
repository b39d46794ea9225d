using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>
/// Finds what a path names, in the order of step 0: the appliance exists (404), it is within the caller's scope (403), and then the
/// backup, as a backup of that appliance (404).
/// </summary>
internal sealed class BackupAccess(CatalogContext catalog)
{
    public Task<(ApplianceEntity? Appliance, ApiErrorResult? Refusal)> ApplianceAsync(
        RouteId id, Caller caller, CancellationToken cancellationToken) =>
        ApplianceLookup.FindAsync(catalog, id, caller, PrivilegeType.Backup, cancellationToken);

    public async Task<(BackupEntity? Backup, ApplianceEntity? Appliance, ApiErrorResult? Refusal)> BackupAsync(
        RouteId id, RouteId backupId, Caller caller, CancellationToken cancellationToken)
    {
        var (appliance, refusal) = await ApplianceAsync(id, caller, cancellationToken);
        if (appliance is null)
            return (null, null, refusal);

        var backup = await catalog.Backups.AsNoTracking().FirstOrDefaultAsync(
            b => b.Id == backupId.Value && b.ApplianceId == appliance.Id && b.Deleted == null, cancellationToken);
        return backup is null ? (null, null, ApiErrors.NotFound("backup of this appliance")) : (backup, appliance, null);
    }
}
