using System.Diagnostics.Metrics;
using Backstay.Protocol;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Events;

/// <summary>The meter <c>Backstay.Events</c>.</summary>
internal sealed class EventMetrics
{
    public const string MeterName = "Backstay.Events";

    private readonly Counter<long> _dispatched;

    public EventMetrics(IMeterFactory meters) => _dispatched = meters.Create(MeterName).CreateCounter<long>(
        "backstay.events.dispatched", "{event}", "Events that this controller sent on, by kind.");

    public void Dispatched(EventKind kind) =>
        _dispatched.Add(1, new KeyValuePair<string, object?>("kind", DottedNaming.Policy.ConvertName(kind.ToString())));
}
