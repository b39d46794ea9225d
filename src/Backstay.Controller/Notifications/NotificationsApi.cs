namespace Backstay.Controller.Notifications;

internal static class NotificationsApi
{
    public static IEndpointRouteBuilder MapNotifications(this IEndpointRouteBuilder app) => app;
}
