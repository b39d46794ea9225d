using System.Globalization;
using System.Text;
using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Protocol;
using Backstay.Protocol.Admin;
using MimeKit;

namespace Backstay.Controller.Events;

/// <summary>Events as they are sent: one signed POST each to every endpoint that wants it, and one mail for all that happened together.</summary>
internal static class EventDeliveries
{
    /// <summary>Events that are spelled out in one mail; of the others their number.</summary>
    public const int MaxInMail = 50;

    /// <summary>The delivery of one event to one endpoint.</summary>
    /// <param name="applianceName">Null when the appliance is gone, or there is none.</param>
    public static DeliveryEntity ToEndpoint(EventEntity happened, string? applianceName, EventEndpointEntity endpoint, DateTimeOffset now) =>
        ToEndpoint(
            endpoint,
            new EventNotification(Word(happened.Kind), happened.Time, new EventNotificationData(
                happened.Id, happened.ApplianceId, applianceName, happened.BackupId, happened.Message)),
            now);

    /// <summary>One that tells of nothing, to see whether it arrives.</summary>
    public static DeliveryEntity Test(EventEndpointEntity endpoint, string by, DateTimeOffset now) => ToEndpoint(
        endpoint,
        new EventNotification(EventNotification.Test, now, new EventNotificationData(
            Guid.CreateVersion7(now), null, null, null, $"{by} tests the endpoint {endpoint.Name}. Nothing has happened.")),
        now);

    /// <summary>One mail about all of them.</summary>
    /// <param name="events">At least one, oldest first.</param>
    public static DeliveryEntity ToMail(IReadOnlyList<EventEntity> events, MailOptions mail, DateTimeOffset now)
    {
        var (first, others) = (events[0], events.Count - 1);
        var subject = $"Backstay: {first.Message}";
        if (subject.Length > MailSender.MaxSubject - 20)
            subject = subject[..(MailSender.MaxSubject - 20)] + "…";
        var text = new StringBuilder();
        text.Append(subject.ReplaceLineEndings(" ")).Append(others > 0 ? string.Create(CultureInfo.InvariantCulture, $" (and {others} more)") : "").Append('\n');
        foreach (var happened in events.Take(MaxInMail))
            text.Append(CultureInfo.InvariantCulture, $"{happened.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC  {Word(happened.Kind)}\n{happened.Message}\n\n");
        if (events.Count > MaxInMail)
            text.Append(CultureInfo.InvariantCulture, $"And {events.Count - MaxInMail} more. See them with: backstay event list\n");
        return Make(
            first.ApplianceId,
            first.BackupId,
            first.Id,
            MailSender.Scheme + string.Join(',', mail.To.Select(address => MailboxAddress.Parse(address).Address)),
            mail.Host,
            text.ToString(),
            now);
    }

    private static DeliveryEntity ToEndpoint(EventEndpointEntity endpoint, EventNotification notification, DateTimeOffset now) => Make(
        notification.Data.ApplianceId,
        notification.Data.BackupId,
        notification.Data.EventId,
        endpoint.Url,
        new Uri(endpoint.Url).IdnHost,
        JsonSerializer.Serialize(notification, AdminJson.Default.EventNotification),
        now);

    private static DeliveryEntity Make(
        Guid? applianceId, Guid? backupId, Guid eventId, string url, string host, string body, DateTimeOffset now) => new()
        {
            Id = Guid.CreateVersion7(now),
            ApplianceId = applianceId ?? Guid.Empty,
            BackupId = backupId ?? Guid.Empty,
            EventId = eventId,
            Url = url,
            Host = host,
            Body = body,
            State = DeliveryState.Pending,
            Created = now,
            NextTry = now,
            GiveUp = now + NotificationOutbox.TriedFor,
        };

    private static string Word(EventKind kind) => DottedNaming.Policy.ConvertName(kind.ToString());
}
