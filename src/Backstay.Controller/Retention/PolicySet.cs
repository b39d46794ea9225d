using Backstay.Controller.Appliances;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Retention;

/// <summary>
/// All policies, and which of them apply to an appliance: every one that selects it, and where none does the default one. What any of
/// them keeps, stays (docs/decisions/0085).
/// </summary>
internal sealed class PolicySet
{
    private readonly List<(RetentionPolicyEntity Policy, PolicyInForce InForce)> _policies;

    internal PolicySet(IEnumerable<RetentionPolicyEntity> policies) =>
        _policies = [.. policies.OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase).Select(p => (p, PolicyInForce.Of(p)))];

    public static async Task<PolicySet> LoadAsync(CatalogContext catalog, CancellationToken cancellationToken) =>
        new(await catalog.RetentionPolicies.AsNoTracking().ToListAsync(cancellationToken));

    /// <summary>As they would be with this one saved: in the place of the one with its id, or beside the others.</summary>
    public PolicySet With(RetentionPolicyEntity policy) => new([.. _policies.Select(p => p.Policy).Where(p => p.Id != policy.Id), policy]);

    /// <summary>As they would be with this one deleted; null: there is none with that id.</summary>
    public PolicySet? Without(Guid id) =>
        _policies.Any(p => p.Policy.Id == id) ? new(_policies.Select(p => p.Policy).Where(p => p.Id != id)) : null;

    public IReadOnlyList<PolicyInForce> For(ApplianceEntity appliance)
    {
        var own = _policies.Where(p => !p.Policy.IsDefault && p.Policy.Appliances.Matches(appliance)).Select(p => p.InForce).ToList();
        return own.Count > 0 ? own : [.. _policies.Where(p => p.Policy.IsDefault).Select(p => p.InForce)];
    }

    /// <summary>The names of those that this machine can't apply.</summary>
    public IEnumerable<string> Unreadable => _policies.Where(p => p.InForce is { Rules: null, WithoutRules: RetentionRule.NoPolicy }).Select(p => p.Policy.Name);
}
