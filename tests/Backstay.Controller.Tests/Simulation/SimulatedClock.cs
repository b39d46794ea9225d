using Backstay.Controller.Retention;

namespace Backstay.Controller.Tests.Simulation;

/// <summary>A clock that jumps now and then, by hours or by years, in both directions, until somebody sets it right or confirms it.</summary>
internal sealed class SimulatedClock(Random random)
{
    private static readonly TimeSpan Tolerance = new RetentionOptions().ClockTolerance;
    private DateTimeOffset? _lastSeen;

    public TimeSpan Error { get; private set; }

    public ClockReading Read(DateTimeOffset truth)
    {
        Error = random.Next(40) switch
        {
            0 => TimeSpan.FromHours(random.Next(-60, 60)),
            1 => TimeSpan.FromDays(random.Next(-2000, 2000)),
            < 10 => TimeSpan.Zero,
            _ => Error,
        };
        var reading = new ClockReading(truth + Error, _lastSeen, _lastSeen, Tolerance);
        if (reading.Trusted)
            _lastSeen = _lastSeen > reading.Now ? _lastSeen : reading.Now;
        else if (Error == TimeSpan.Zero)
            _lastSeen = truth; // after a long time of a wrong clock an administrator confirms the right one
        return reading;
    }
}
