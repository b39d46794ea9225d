using Backstay.Controller.Access;
using Backstay.Controller.Api;
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
    public async Task<(ApplianceEntity? Appliance, ApiErrorResult? Refusal)> ApplianceAsync(
        string id, Caller caller, CancellationToken cancellationToken)
    {
        var appliance = Guid.TryParse(id, out var applianceId)
            ? await catalog.Appliances.AsNoTracking().FirstOrDefaultAsync(a => a.Id == applianceId, cancellationToken)
            : null;
        if (appliance is null)
            return (null, ApiErrors.NotFound("appliance"));

        return caller.May(PrivilegeType.Backup, PrivilegeTarget.Appliance, appliance.Id, appliance.Tags)
            ? (appliance, null)
            : (null, ApiErrors.Forbidden($"Backup on appliance {appliance.Name}"));
    }

    public async Task<(BackupEntity? Backup, ApplianceEntity? Appliance, ApiErrorResult? Refusal)> BackupAsync(
        string id, string backupId, Caller caller, CancellationToken cancellationToken)
    {
        var (appliance, refusal) = await ApplianceAsync(id, caller, cancellationToken);
        if (appliance is null)
            return (null, null, refusal);

        var backup = Guid.TryParse(backupId, out var parsed)
            ? await catalog.Backups.AsNoTracking().FirstOrDefaultAsync(
                b => b.Id == parsed && b.ApplianceId == appliance.Id && b.Deleted == null, cancellationToken)
            : null;
        return backup is null
            ? (null, null, ApiErrors.NotFound($"backup of appliance {appliance.Name}"))
            : (backup, appliance, null);
    }
}
