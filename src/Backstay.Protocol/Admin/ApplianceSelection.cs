namespace Backstay.Protocol.Admin;

/// <summary>
/// Which appliances a rule is for: all, or those with one of these ids, one of these tags or one of these functions. It is asked anew
/// whenever the rule is applied: an appliance that gets a tag later is selected from then on.
/// </summary>
/// <param name="All">Every appliance; then nothing else is given.</param>
/// <param name="Ids">At most 1,000. One that no appliance has selects nothing.</param>
/// <param name="Tags">At most 64, letter case counts.</param>
/// <param name="Functions">The words of <see cref="ApplianceStatus.Functions"/>, letter case ignored.</param>
public sealed record ApplianceSelection(
    bool All = false, IReadOnlyList<Guid>? Ids = null, IReadOnlyList<string>? Tags = null, IReadOnlyList<string>? Functions = null);
