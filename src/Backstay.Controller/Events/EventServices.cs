namespace Backstay.Controller.Events;

internal static class EventServices
{
    /// <summary>What people want to be told of, and what turns it into deliveries.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services)
    {
        services.AddOptions<EventOptions>().BindConfiguration(EventOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<EventOutbox>();
        services.AddSingleton<EventMetrics>();
        services.AddScoped<DailyEvents>();
        services.AddSingleton<EventDispatch>();
        services.AddHostedService<EventDispatcher>();
        return services;
    }
}
