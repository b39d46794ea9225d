using System.Diagnostics.Metrics;
using System.Text.Json;
using Backstay.Controller.Catalog;

namespace Backstay.Controller.Verification;

/// <summary>The figures of proofs, drills included, under the meter <c>Backstay.Verification</c>.</summary>
internal sealed class VerificationMetrics
{
    public const string MeterName = "Backstay.Verification";

    private readonly Counter<long> _ended;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _bytes;

    public VerificationMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _ended = meter.CreateCounter<long>("backstay.verifications.ended", "{verification}", "Verifications that ended, by strength and result.");
        _duration = meter.CreateHistogram<double>(
            "backstay.verifications.duration",
            "s",
            "From the beginning of a verification to its end, by strength.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10, 60, 300, 900, 3600, 14_400, 43_200] });
        _bytes = meter.CreateCounter<long>("backstay.verifications.bytes", "By", "Sealed bytes that were read, by strength.");
    }

    /// <param name="result">Ended.</param>
    public void Ended(VerificationEntity result)
    {
        var strength = new KeyValuePair<string, object?>("strength", Word(result.Strength));
        _ended.Add(1, strength, new("result", Word(result.State)));
        _bytes.Add(result.Bytes, strength);
        if (result is { Started: { } started, Ended: { } ended })
            _duration.Record(Math.Max(0, (ended - started).TotalSeconds), strength);
    }

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
}
