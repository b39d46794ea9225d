namespace Backstay.Controller.Drills;

internal static class DrillServices
{
    /// <summary>Backups restored for practice, on machines chosen for it.</summary>
    public static IServiceCollection AddDrills(this IServiceCollection services)
    {
        services.AddOptions<DrillOptions>().BindConfiguration(DrillOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<DrillMetrics>();
        services.AddScoped<DrillQueue>();
        services.AddScoped<DrillClaims>();
        services.AddScoped<DrillEnding>();
        services.AddHostedService<DrillSweep>();
        return services;
    }
}
