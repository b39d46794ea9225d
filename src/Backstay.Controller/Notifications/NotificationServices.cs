namespace Backstay.Controller.Notifications;

internal static class NotificationServices
{
    /// <summary>The outbox, and the worker that delivers from it.</summary>
    public static IServiceCollection AddNotifications(this IServiceCollection services)
    {
        services.AddOptions<NotificationOptions>()
            .BindConfiguration(NotificationOptions.Section)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<AddressPolicy>();
        services.AddSingleton<NotifyUrlPolicy>();
        services.AddSingleton<NotificationOutbox>();
        return services;
    }
}
