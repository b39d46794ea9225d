using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Access;

/// <summary>
/// The two rules that users and roles share. Nobody gives away or takes away what they don't hold themselves, so no chain of calls
/// ends with more than its first caller had. And the last enabled user who may do everything stays: nobody else could repair it.
/// </summary>
internal static class Administration
{
    /// <summary>403 when one of these privileges isn't the caller's own.</summary>
    public static ApiErrorResult? RefuseEscalation(Caller caller, IEnumerable<Privilege> privileges)
    {
        var missing = privileges.Where(privilege => !caller.Covers(privilege)).ToList();
        return missing.Count == 0
            ? null
            : ApiErrors.Forbidden("only privileges that you hold yourself can be given or taken, and this needs "
                + string.Join(", ", missing.Select(p => $"{p.Type} on {p.Target}").Distinct()));
    }

    /// <summary>All privileges of these roles.</summary>
    public static async Task<List<Privilege>> PrivilegesOfAsync(
        CatalogContext catalog, IReadOnlyCollection<Guid> roles, CancellationToken cancellationToken)
    {
        var found = await catalog.AdministrativeRoles.AsNoTracking().Where(role => roles.Contains(role.Id)).ToListAsync(cancellationToken);
        return [.. found.SelectMany(role => role.Privileges)];
    }

    /// <summary>
    /// 409 when, after the changes saved in this transaction, nobody is left who may do everything. The transaction is one of
    /// <see cref="CatalogContext.BeginAloneAsync"/>: of two that each spare the other's administrator, both would be right.
    /// </summary>
    public static async Task<ApiErrorResult?> RefuseLockoutAsync(CatalogContext catalog, CancellationToken cancellationToken)
    {
        var roles = await catalog.AdministrativeRoles.AsNoTracking().ToListAsync(cancellationToken);
        var everything = roles.Where(role => role.Privileges.Any(IsEverything)).Select(role => role.Id).ToList();
        return await catalog.LocalUsers.AnyAsync(
            user => !user.Disabled && user.Roles.Any(role => everything.Contains(role)), cancellationToken)
            ? null
            : ApiErrors.Conflict(
                ErrorIds.Conflict,
                "This would leave no enabled user who may do everything (All on All). Give another user that privilege first.");
    }

    private static bool IsEverything(Privilege privilege) =>
        privilege is { Type: PrivilegeType.All, Target: PrivilegeTarget.All, Scope: null or { All: true } };
}
