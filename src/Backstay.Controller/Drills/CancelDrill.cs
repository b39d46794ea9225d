using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Drills;

/// <summary>
/// Cancels a drill that waits or runs. No message goes to its machine: the next renewal of the lease, read or report is refused, and at that it
/// stops and removes what it restored. It is no result, so nothing follows from it for the backup.
/// </summary>
internal static class CancelDrill
{
    public static async Task<Results<NoContent, ApiErrorResult>> HandleAsync(
        RouteId id,
        Caller caller,
        CatalogContext catalog,
        WriteGate gate,
        AuditTrail audit,
        DrillMetrics metrics,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var rows = ListedDrill.Rows(catalog, catalog.Appliances.InScope(caller, PrivilegeTarget.Appliance, PrivilegeType.Backup));
        if (await rows.SingleOrDefaultAsync(l => l.Drill.Id == id.Value, cancellationToken) is not { } listed)
            return ApiErrors.NotFound("drill");

        var (drill, now, message) = (listed.Drill, time.GetUtcNow(), $"Cancelled by {caller.Name}.");
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            var cancelled = await catalog.Drills
                .Where(d => d.Id == drill.Id && (d.State == DrillState.Waiting || d.State == DrillState.Running))
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(d => d.State, DrillState.Cancelled)
                        .SetProperty(d => d.Ended, now)
                        .SetProperty(d => d.LeaseUntil, (DateTimeOffset?)null)
                        .SetProperty(d => d.Message, message),
                    cancellationToken);
            if (cancelled == 1)
            {
                audit.Add("drill.cancel", listed.ApplianceName, $"drill {drill.Id} of backup {drill.BackupId}", StatusCodes.Status204NoContent);
                await catalog.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
                metrics.Ended(DrillState.Cancelled);
                return TypedResults.NoContent();
            }
        }

        // It had ended; asked again, because it may have done so since it was read.
        var state = await catalog.Drills.Where(d => d.Id == drill.Id).Select(d => d.State).SingleAsync(cancellationToken);
        return state == DrillState.Cancelled
            ? TypedResults.NoContent()
            : ApiErrors.PreconditionFailed(ErrorIds.PreconditionFailed, "The drill has ended: there is nothing to cancel. Read it for how it went.");
    }
}
