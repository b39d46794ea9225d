using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Appliances;

/// <summary>The roles of an appliance, between their three forms: flags in the catalog, objects and words on the wire.</summary>
internal static class ApplianceRoles
{
    private static readonly (ApplianceFunctions Flag, string Word)[] Words =
    [
        (ApplianceFunctions.Controller, "Controller"),
        (ApplianceFunctions.Gateway, "Gateway"),
        (ApplianceFunctions.LogServer, "LogServer"),
        (ApplianceFunctions.LogForwarder, "LogForwarder"),
        (ApplianceFunctions.Connector, "Connector"),
        (ApplianceFunctions.Portal, "Portal"),
        (ApplianceFunctions.MetricsAggregator, "Metrics Aggregator"),
    ];

    /// <summary>The words of <c>functions</c>, in their order.</summary>
    public static IReadOnlyList<string> WordsOf(ApplianceFunctions functions) =>
        [.. Words.Where(word => functions.HasFlag(word.Flag)).Select(word => word.Word)];

    /// <summary>The role of a word, letter case ignored; null when there is none.</summary>
    public static ApplianceFunctions? Parse(string word)
    {
        foreach (var known in Words)
        {
            if (string.Equals(known.Word, word, StringComparison.OrdinalIgnoreCase))
            {
                return known.Flag;
            }
        }

        return null;
    }

    /// <summary>
    /// The roles that a body enables. Without any it is a log server: a common client takes appliances without a role that keeps
    /// state for ones that need no backup.
    /// </summary>
    public static ApplianceFunctions Of(Appliance wish)
    {
        var functions = ApplianceFunctions.None;
        Add(wish.Controller, ApplianceFunctions.Controller);
        Add(wish.Gateway, ApplianceFunctions.Gateway);
        Add(wish.LogServer, ApplianceFunctions.LogServer);
        Add(wish.LogForwarder, ApplianceFunctions.LogForwarder);
        Add(wish.Connector, ApplianceFunctions.Connector);
        Add(wish.Portal, ApplianceFunctions.Portal);
        Add(wish.MetricsAggregator, ApplianceFunctions.MetricsAggregator);
        return functions == ApplianceFunctions.None ? ApplianceFunctions.LogServer : functions;

        void Add(ApplianceRole? role, ApplianceFunctions flag) => functions |= role is { Enabled: true } ? flag : ApplianceFunctions.None;
    }

    /// <summary>The appliance as clients read it; every role is named, enabled or not.</summary>
    public static Appliance ToWire(ApplianceEntity appliance)
    {
        return new Appliance(
            appliance.Id,
            appliance.Name,
            appliance.Hostname,
            appliance.Site,
            appliance.SiteName,
            appliance.Notes,
            appliance.Tags,
            appliance.Created,
            appliance.Updated,
            appliance.Activated,
            Role(ApplianceFunctions.Controller),
            Role(ApplianceFunctions.Gateway),
            Role(ApplianceFunctions.LogServer),
            Role(ApplianceFunctions.LogForwarder),
            Role(ApplianceFunctions.Connector),
            Role(ApplianceFunctions.Portal),
            Role(ApplianceFunctions.MetricsAggregator));

        ApplianceRole Role(ApplianceFunctions flag) => new(appliance.Functions.HasFlag(flag));
    }
}
