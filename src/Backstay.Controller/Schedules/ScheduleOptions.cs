using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Schedules;

/// <summary>How closely schedules are followed.</summary>
internal sealed class ScheduleOptions
{
    public const string Section = "Schedules";

    /// <summary>
    /// How often every controller looks for runs that are due, and for appliances that came or went: a run begins that much later at the
    /// most. 1 second to 1 minute, default 10 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromSeconds(10);
}
