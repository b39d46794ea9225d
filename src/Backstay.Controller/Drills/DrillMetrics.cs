using System.Diagnostics.Metrics;
using System.Text.Json;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Drills;

/// <summary>How drills end, under the meter <c>Backstay.Drills</c>; those that are results count as verifications, too.</summary>
internal sealed class DrillMetrics
{
    public const string MeterName = "Backstay.Drills";

    private readonly Counter<long> _ended;
    private readonly Counter<long> _postponed;

    public DrillMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _ended = meter.CreateCounter<long>("backstay.drills.ended", "{drill}", "Drills that ended, by result.");
        _postponed = meter.CreateCounter<long>("backstay.drills.postponed", "{drill}", "Times that a machine was not able to do its drill.");
    }

    public void Ended(DrillState state, int drills = 1) =>
        _ended.Add(drills, new KeyValuePair<string, object?>("result", JsonNamingPolicy.KebabCaseLower.ConvertName(state.ToString())));

    public void Postponed() => _postponed.Add(1);
}
