using System.Diagnostics;
using System.Globalization;

namespace Backstay.Scale;

/// <summary>Durations, collected from many tasks, and what they come to.</summary>
internal sealed class Latencies
{
    private readonly Lock _lock = new();
    private readonly List<TimeSpan> _all = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _all.Count;
        }
    }

    /// <param name="from">A <see cref="Stopwatch.GetTimestamp"/>.</param>
    public void AddSince(long from)
    {
        var took = Stopwatch.GetElapsedTime(from);
        lock (_lock)
            _all.Add(took);
    }

    public override string ToString()
    {
        lock (_lock)
        {
            if (_all.Count == 0)
                return "none";
            _all.Sort();
            return string.Create(
                CultureInfo.InvariantCulture,
                $"p50 {At(0.50):F1} ms, p99 {At(0.99):F1} ms, longest {_all[^1].TotalMilliseconds:F1} ms ({_all.Count})");
        }
    }

    /// <summary>The smallest duration that at least that share of them doesn't exceed.</summary>
    private double At(double share) => _all[Math.Clamp((int)Math.Ceiling(share * _all.Count) - 1, 0, _all.Count - 1)].TotalMilliseconds;
}
