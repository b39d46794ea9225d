using System.Diagnostics.Metrics;
using System.Text.Json;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Notifications;

/// <summary>The meter <c>Backstay.Notifications</c>.</summary>
internal sealed class NotificationMetrics
{
    public const string MeterName = "Backstay.Notifications";

    private readonly Histogram<double> _tries;
    private readonly Counter<long> _ended;

    public NotificationMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _tries = meter.CreateHistogram<double>(
            "backstay.notifications.try.duration", "s", "Tries to deliver a notification, by how they ended (outcome).");
        _ended = meter.CreateCounter<long>(
            "backstay.notifications.ended", "{delivery}", "Notifications that were delivered or given up (state).");
    }

    public void Tried(TryEnd end, TimeSpan took) =>
        _tries.Record(took.TotalSeconds, new KeyValuePair<string, object?>("outcome", Word(end)));

    public void Ended(DeliveryState state) => _ended.Add(1, new KeyValuePair<string, object?>("state", Word(state)));

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
