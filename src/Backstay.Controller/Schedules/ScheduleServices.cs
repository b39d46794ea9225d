namespace Backstay.Controller.Schedules;

internal static class ScheduleServices
{
    /// <summary>Backups that nobody has to ask for.</summary>
    public static IServiceCollection AddSchedules(this IServiceCollection services)
    {
        services.AddOptions<ScheduleOptions>().BindConfiguration(ScheduleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ScheduleHint>();
        services.AddSingleton<ScheduleRunner>();
        services.AddScoped<ScheduleMembers>();
        services.AddScoped<ScheduleRules>();
        services.AddHostedService<ScheduleWorker>();
        return services;
    }
}
