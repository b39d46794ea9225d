using Backstay.Cli.Output;
using Backstay.Protocol.Admin;
using Spectre.Console;

namespace Backstay.Cli.Commands.Appliance;

/// <summary>Appliances in words.</summary>
internal static class ApplianceText
{
    public static string Status(ApplianceStatus appliance) =>
        appliance.Status == ApplianceHealth.NotAvailable ? "not activated" : Human.Word<ApplianceHealth>(appliance.Status);

    public static Style Style(ApplianceStatus appliance) => appliance.Status switch
    {
        ApplianceHealth.Healthy => Styles.Good,
        ApplianceHealth.Busy or ApplianceHealth.Warning => Styles.Busy,
        ApplianceHealth.Offline or ApplianceHealth.Error => Styles.Bad,
        _ => Styles.Plain,
    };
}
