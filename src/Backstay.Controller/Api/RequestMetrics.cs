using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Backstay.Controller.Api;

/// <summary>The meter <c>Backstay.Requests</c>: what was refused because of load, by the limit that did it.</summary>
internal sealed class RequestMetrics
{
    public const string MeterName = "Backstay.Requests";

    private readonly Counter<long> _refused;

    public RequestMetrics(IMeterFactory meters) => _refused = meters.Create(MeterName).CreateCounter<long>(
        "backstay.requests.refused", "{request}", "Requests that were refused because of load, by limit.");

    public void Refused(RefusedBy limit) =>
        _refused.Add(1, new KeyValuePair<string, object?>("limit", JsonNamingPolicy.KebabCaseLower.ConvertName(limit.ToString())));
}

/// <summary>Which limit refused a request.</summary>
internal enum RefusedBy
{
    /// <summary><c>Limits:Calls</c> and <c>Limits:WaitingCalls</c>.</summary>
    Calls,

    /// <summary><c>Limits:StoreCalls</c> and <c>Limits:WaitingCalls</c>.</summary>
    StoreCalls,

    /// <summary><c>Limits:Downloads</c>.</summary>
    Downloads,

    /// <summary>The share of one appliance.</summary>
    Agent,

    /// <summary><c>Agents:PartBytesPerSecond</c>.</summary>
    PartBytes,

    /// <summary><c>Backups:MaxPartsInFlight</c>.</summary>
    PartsInFlight,

    /// <summary><c>Storage:Quota</c>.</summary>
    Store,
}
