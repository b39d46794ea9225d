using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Appliances;

/// <summary>Finds an appliance for a call, and says what appliances can be listed by.</summary>
internal static class ApplianceLookup
{
    public static readonly ListShape<ApplianceEntity> Shape = new()
    {
        Orders = new Dictionary<string, System.Linq.Expressions.Expression<Func<ApplianceEntity, object?>>>
        {
            ["name"] = appliance => appliance.Name,
            ["hostname"] = appliance => appliance.Hostname,
            ["siteName"] = appliance => appliance.SiteName,
            ["created"] = appliance => appliance.Created,
            ["updated"] = appliance => appliance.Updated,
            ["id"] = appliance => appliance.Id,
        },
        Holds = pattern => appliance => EF.Functions.Like(appliance.Name, pattern, @"\")
            || EF.Functions.Like(appliance.Hostname, pattern, @"\")
            || EF.Functions.Like(appliance.SiteName, pattern, @"\")
            || EF.Functions.Like(appliance.Notes, pattern, @"\")
            || appliance.Tags.Any(tag => EF.Functions.Like(tag, pattern, @"\")),
        Filters = new Dictionary<string, Func<string, System.Linq.Expressions.Expression<Func<ApplianceEntity, bool>>?>>
        {
            ["id"] = value => Guid.TryParse(value, out var id) ? appliance => appliance.Id == id : null,
            ["name"] = value => appliance => appliance.Name == value,
            ["hostname"] = value => appliance => appliance.Hostname == value,
            ["site"] = value => Guid.TryParse(value, out var site) ? appliance => appliance.Site == site : null,
            ["siteName"] = value => appliance => appliance.SiteName == value,
            ["tags"] = value => appliance => appliance.Tags.Contains(value),
            ["function"] = value => ApplianceRoles.Parse(value) is { } flag ? appliance => (appliance.Functions & flag) != 0 : null,
            ["activated"] = value => bool.TryParse(value, out var activated)
                ? appliance => (appliance.CredentialHash != null) == activated
                : null,
        },
    };

    /// <summary>In the order of all calls: it exists (404), then it is in the caller's scope (403). Not tracked.</summary>
    public static Task<(ApplianceEntity? Appliance, ApiErrorResult? Error)> FindAsync(
        CatalogContext catalog, RouteId id, Caller caller, PrivilegeType type, CancellationToken cancellationToken) =>
        FindAsync(catalog, id, caller, [type], cancellationToken);

    /// <summary>The same; any one of the privileges is enough.</summary>
    public static async Task<(ApplianceEntity? Appliance, ApiErrorResult? Error)> FindAsync(
        CatalogContext catalog, RouteId id, Caller caller, PrivilegeType[] types, CancellationToken cancellationToken)
    {
        var appliance = await catalog.Appliances.AsNoTracking().SingleOrDefaultAsync(a => a.Id == id.Value, cancellationToken);
        return appliance is null ? (null, ApiErrors.NotFound("appliance"))
            : types.Any(type => caller.May(type, PrivilegeTarget.Appliance, appliance.Id, appliance.Tags)) ? (appliance, null)
            : (null, ApiErrors.Forbidden($"{string.Join(" or ", types)} on this appliance"));
    }
}
