namespace Backstay.Controller.Events;

internal static class EventServices
{
    /// <summary>What people want to be told of, and what tells them.</summary>
    public static IServiceCollection AddEvents(this IServiceCollection services)
    {
        services.AddSingleton<EventOutbox>();
        return services;
    }
}
