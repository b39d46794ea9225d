using System.Diagnostics.Metrics;
using System.Text.Json;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Backups;

/// <summary>The figures of backups and their parts, under the meter <c>Backstay.Backups</c>.</summary>
internal sealed class BackupMetrics
{
    public const string MeterName = "Backstay.Backups";

    private readonly Counter<long> _started;
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _duration;
    private int _waiting;
    private int _running;
    private readonly Counter<long> _parts;
    private readonly Counter<long> _bytes;

    public BackupMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _started = meter.CreateCounter<long>("backstay.backups.started", "{backup}", "Backups that were asked for and accepted.");
        _ended = meter.CreateCounter<long>("backstay.backups.ended", "{backup}", "Backups that ended, by result and reason.");
        _duration = meter.CreateHistogram<double>("backstay.backups.duration", "s", "From the request to the end, by result.");
        meter.CreateObservableGauge(
            "backstay.backups.waiting", () => _waiting, "{backup}", "Backups that wait for their turn, on all controllers.");
        meter.CreateObservableGauge(
            "backstay.backups.running", () => _running, "{backup}", "Backups that may run and have not ended, on all controllers.");
        _parts = meter.CreateCounter<long>("backstay.parts.received", "{part}", "Parts that arrived, by outcome.");
        _bytes = meter.CreateCounter<long>("backstay.parts.bytes", "By", "Bytes of the parts that were kept.");
    }

    public void Started() => _started.Add(1);

    /// <summary>What the queue was, when it was last looked at.</summary>
    public void Load(int waiting, int running) => (_waiting, _running) = (waiting, running);

    public void Ended(FailureReason? reason, TimeSpan duration)
    {
        var result = new KeyValuePair<string, object?>("result", reason is null ? "success" : "failure");
        _ended.Add(1, result, new("reason", reason is { } why ? JsonNamingPolicy.KebabCaseLower.ConvertName(why.ToString()) : "none"));
        _duration.Record(duration.TotalSeconds, result);
    }

    public void PartKept(long bytes)
    {
        _parts.Add(1, new KeyValuePair<string, object?>("outcome", "kept"));
        _bytes.Add(bytes);
    }

    public void PartRefused(string id) => _parts.Add(1, new KeyValuePair<string, object?>("outcome", id));
}
