namespace Backstay.Controller.Objectives;

internal static class ObjectiveServices
{
    /// <summary>How old backups may be, who is overdue, and the watch that tells.</summary>
    public static IServiceCollection AddObjectives(this IServiceCollection services)
    {
        services.AddOptions<ObjectiveOptions>().BindConfiguration(ObjectiveOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<FleetReader>();
        services.AddScoped<WatchRound>();
        services.AddHostedService<ObjectiveWatch>();
        return services;
    }
}
