using System.Linq.Expressions;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Access;

internal static class ScopeFilter
{
    /// <summary>The items that the caller may do one of these things to; decided by the database.</summary>
    public static IQueryable<T> InScope<T>(
        this IQueryable<T> items, Caller caller, PrivilegeTarget target, params PrivilegeType[] types)
        where T : class, IScoped
    {
        var scopes = types.SelectMany(type => caller.ScopesOf(type, target)).ToList();
        if (scopes.Any(scope => scope is null or { All: true }))
        {
            return items;
        }

        var ids = scopes.SelectMany(scope => scope!.Ids ?? []).Distinct().ToList();
        var tags = scopes.SelectMany(scope => scope!.Tags ?? []).Distinct().ToList();
        Expression<Func<T, bool>> inScope = item => ids.Contains(item.Id) || item.Tags.Any(tag => tags.Contains(tag));
        return items.Where(inScope);
    }
}
