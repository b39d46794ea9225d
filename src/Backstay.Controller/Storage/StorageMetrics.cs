using System.Diagnostics.Metrics;

namespace Backstay.Controller.Storage;

/// <summary>The meter <c>Backstay.Storage</c>.</summary>
internal sealed class StorageMetrics
{
    public const string MeterName = "Backstay.Storage";

    private StoreLevel _level = new(0, null, StoreState.Ample);

    public StorageMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        meter.CreateObservableGauge("backstay.store.used", () => _level.Used, "By", "Bytes of archives and of parts on their way.");
        meter.CreateObservableGauge(
            "backstay.store.capacity", () => _level.Capacity is { } capacity ? [new Measurement<long>(capacity)] : Array.Empty<Measurement<long>>(),
            "By", "Bytes that archives may take: the quota, or what the volume has room for. Absent when nobody knows.");
    }

    public void Measured(StoreLevel level) => _level = level;
}
