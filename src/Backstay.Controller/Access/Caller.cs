using System.Reflection;
using System.Security.Claims;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Access;

/// <summary>Who makes this request, and what they may do. Handlers take it as a parameter.</summary>
internal sealed class Caller(
    Guid userId, string name, Guid signIn, bool full, DateTimeOffset expires, IReadOnlyList<Privilege> privileges)
    : ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], TokenAuthentication.Scheme))
{
    public Guid UserId => userId;

    public string Name => name;

    /// <summary>The sign-in that the token came from.</summary>
    public Guid SignIn => signIn;

    /// <summary>False for the token of <c>/authentication</c>, which is good for <c>/authorization</c> only.</summary>
    public bool Full => full;

    /// <summary>When the sign-in ends.</summary>
    public DateTimeOffset Expires => expires;

    public IReadOnlyList<Privilege> Privileges => privileges;

    /// <summary>Whether the caller may do this to anything at all.</summary>
    public bool May(PrivilegeType type, PrivilegeTarget target) => Matching(type, target).Any();

    /// <summary>Whether the caller may do this to everything.</summary>
    public bool MayAll(PrivilegeType type, PrivilegeTarget target) => Matching(type, target).Any(p => p.Scope is null or { All: true });

    /// <summary>Whether the caller may do this to the thing with this id and these tags.</summary>
    public bool May(PrivilegeType type, PrivilegeTarget target, Guid id, IEnumerable<string> tags) =>
        Matching(type, target).Any(p => p.Scope is null or { All: true }
            || p.Scope.Ids?.Contains(id) is true
            || p.Scope.Tags?.Intersect(tags, StringComparer.Ordinal).Any() is true);

    /// <summary>The scopes in which the caller may do this; null is everything.</summary>
    public IEnumerable<PrivilegeScope?> ScopesOf(PrivilegeType type, PrivilegeTarget target) =>
        Matching(type, target).Select(p => p.Scope);

    /// <summary>
    /// Whether the caller holds this privilege, or a wider one. Only what one holds may be given to others or taken from them.
    /// </summary>
    public bool Covers(Privilege privilege) => privileges.Any(own =>
        (own.Type == privilege.Type || own.Type == PrivilegeType.All)
        && (own.Target == privilege.Target || own.Target == PrivilegeTarget.All)
        && (own.Scope is null or { All: true } || (privilege.Scope is { All: false } narrow
            && (narrow.Ids ?? []).All(id => own.Scope.Ids?.Contains(id) is true)
            && (narrow.Tags ?? []).All(tag => own.Scope.Tags?.Contains(tag, StringComparer.Ordinal) is true))));

    public static ValueTask<Caller?> BindAsync(HttpContext context, ParameterInfo parameter)
    {
        _ = parameter;
        return ValueTask.FromResult(context.User as Caller);
    }

    private IEnumerable<Privilege> Matching(PrivilegeType type, PrivilegeTarget target) => privileges.Where(p =>
        (p.Type == type || p.Type == PrivilegeType.All) && (p.Target == target || p.Target == PrivilegeTarget.All));
}
