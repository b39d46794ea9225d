using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Retention;

/// <summary>
/// What applies where nobody has said anything: archives that clients made and never deleted go in the end, and never all of them.
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
            });
        }

        await catalog.SaveChangesAsync(cancellationToken);
    }
}
