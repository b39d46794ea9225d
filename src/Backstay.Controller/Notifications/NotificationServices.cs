using System.Net;

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
        services.AddSingleton<WebhookSecrets>();
        services.AddSingleton<HostResolver>(Dns.GetHostAddressesAsync);
        services.AddSingleton<CheckedConnection>();
        services.AddSingleton<WebhookSender>();
        services.AddOptions<MailOptions>().BindConfiguration(MailOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<MailSender>();
        services.AddSingleton<DeliveryQueue>();
        services.AddSingleton<NotificationMetrics>();
        services.AddHostedService<DeliveryWorker>();
        return services;
    }
}
