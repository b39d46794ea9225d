using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Retention;

/// <summary>When retention runs, and what it believes.</summary>
internal sealed class RetentionOptions
{
    public const string Section = "Retention";

    /// <summary>
    /// How often backups are judged, by one of all controllers. What a changed policy lets go is safe until the next time. 1 minute to 1
    /// day, default 15 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// How far the clock may be ahead of or behind the last time that was believed. Beyond that nothing is pruned until an administrator
    /// confirms the time: so it is, too, when all controllers were off for longer. 1 hour to 30 days, default 3 days.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "30.00:00:00")]
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromDays(3);

    /// <summary>
    /// The furthest end that a lock of a backup may have, in days from now: nobody can take a lock off again. 1 to 36,500, default 3,660.
    /// </summary>
    [Range(1, 36_500)]
    public int MaxLockDays { get; set; } = 3660;
}
