namespace Backstay.Controller.Appliances;

internal static class ApplianceServices
{
    public static IServiceCollection AddAppliances(this IServiceCollection services) => services
        .AddScoped<ApplianceCondition>()
        .AddScoped<Seeds>();
}
