using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Retention;

/// <summary>
/// What applies where nobody has said anything: archives that clients made and never deleted go in the end, and never all of them. Where
/// there are backups already (a catalog that was rebuilt, or is from before there were policies), what they were kept by is unknown: then
/// it lets nothing go before somebody has confirmed it.
/// </summary>
internal static class DefaultPolicy
{
    private const string Name = "Default";
    private const int KeepWithinDays = 90;
    private const int KeepLast = 7;

    /// <summary>Makes the default policy, and the row of what retention remembers, where there are none.</summary>
    public static async Task MakeAsync(CatalogContext catalog, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (!await catalog.RetentionState.AnyAsync(cancellationToken))
            catalog.RetentionState.Add(new RetentionStateEntity());
        if (!await catalog.RetentionPolicies.AnyAsync(p => p.Id == RetentionPolicyEntity.DefaultId, cancellationToken))
        {
            catalog.RetentionPolicies.Add(new RetentionPolicyEntity
            {
                Id = RetentionPolicyEntity.DefaultId,
                Name = Name,
                Notes = "For appliances that no other policy selects. Made at first start.",
                Appliances = new ApplianceSelection(All: true),
                KeepLast = KeepLast,
                KeepWithinDays = KeepWithinDays,
                TimeZone = TimeZoneInfo.Utc.Id,
                Created = now,
                Updated = now,
                AwaitsConfirmation = await catalog.Backups.AnyAsync(cancellationToken),
            });
        }

        await catalog.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Where a start has made the policy before backups come back that it wasn't made for.</summary>
    public static Task AwaitConfirmationAsync(CatalogContext catalog, CancellationToken cancellationToken) => catalog.RetentionPolicies
        .Where(p => p.Id == RetentionPolicyEntity.DefaultId)
        .ExecuteUpdateAsync(set => set.SetProperty(p => p.AwaitsConfirmation, true), cancellationToken);
}
