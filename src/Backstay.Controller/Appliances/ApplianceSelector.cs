using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Appliances;

/// <summary>
/// Selects appliances, for schedules and policies. A rule keeps the <see cref="ApplianceSelection"/> as it was sent
/// (<see cref="CatalogContext"/> stores it as JSON) and has passed <see cref="Check"/>.
/// </summary>
internal static class ApplianceSelector
{
    public const int MaxIds = 1000;

    /// <summary>Everything that is wrong with the selection in <paramref name="field"/>.</summary>
    public static void Check(FieldErrors errors, string field, ApplianceSelection? selection)
    {
        if (selection is null)
        {
            errors.Add(field, "is required: all, or ids, tags or functions");
            return;
        }

        var named = (selection.Ids?.Count ?? 0) + (selection.Tags?.Count ?? 0) + (selection.Functions?.Count ?? 0);
        if (selection.All && named > 0)
            errors.Add(field, "takes all, or ids, tags and functions, not both");
        if (!selection.All && named == 0)
            errors.Add(field, "selects nothing: set all, or name ids, tags or functions");
        if (selection.Ids?.Count > MaxIds)
            errors.Add($"{field}.ids", $"at most {MaxIds} are taken");

        errors.Tags($"{field}.tags", selection.Tags);
        var functions = selection.Functions ?? [];
        for (var i = 0; i < functions.Count; i++)
        {
            if (functions[i] is null || ApplianceRoles.Parse(functions[i]) is null)
                errors.Add($"{field}.functions[{i}]", $"must be one of {string.Join(", ", ApplianceRoles.WordsOf(AllFunctions))}");
        }
    }

    /// <summary>Without repeats, functions as they are spelled in answers.</summary>
    public static ApplianceSelection Tidy(this ApplianceSelection selection) => selection.All
        ? new ApplianceSelection(All: true)
        : new ApplianceSelection(
            All: false,
            selection.Ids is { Count: > 0 } ids ? [.. ids.Distinct()] : null,
            selection.Tags is { Count: > 0 } tags ? [.. tags.Distinct()] : null,
            selection.Functions is { Count: > 0 } ? ApplianceRoles.WordsOf(FunctionsOf(selection)) : null);

    public static bool Matches(this ApplianceSelection selection, ApplianceEntity appliance) => selection.All
        || selection.Ids?.Contains(appliance.Id) is true
        || selection.Tags?.Any(appliance.Tags.Contains) is true
        || (appliance.Functions & FunctionsOf(selection)) != 0;

    /// <summary>The selected appliances; decided by the database.</summary>
    public static IQueryable<ApplianceEntity> Selected(this IQueryable<ApplianceEntity> appliances, ApplianceSelection selection)
    {
        if (selection.All)
            return appliances;

        List<Guid> ids = [.. selection.Ids ?? []];
        List<string> tags = [.. selection.Tags ?? []];
        var functions = FunctionsOf(selection);
        return appliances.Where(a => ids.Contains(a.Id) || a.Tags.Any(tag => tags.Contains(tag)) || (a.Functions & functions) != 0);
    }

    /// <summary>
    /// Whether the caller may do this to everything that the selection can ever select. A scope names ids and tags, so functions take
    /// the privilege on all appliances; and what has a tag today may lose it, so a scope of tags doesn't cover ids.
    /// </summary>
    public static bool MayAll(this Caller caller, PrivilegeType type, ApplianceSelection selection) =>
        caller.MayAll(type, PrivilegeTarget.Appliance)
        || (selection is { All: false, Functions: null or [] }
            && caller.Covers(new Privilege(type, PrivilegeTarget.Appliance, new PrivilegeScope(false, selection.Ids, selection.Tags))));

    private static ApplianceFunctions AllFunctions =>
        Enum.GetValues<ApplianceFunctions>().Aggregate(ApplianceFunctions.None, (all, function) => all | function);

    private static ApplianceFunctions FunctionsOf(ApplianceSelection selection) => (selection.Functions ?? [])
        .Aggregate(ApplianceFunctions.None, (all, word) => all | (ApplianceRoles.Parse(word) ?? ApplianceFunctions.None));
}
