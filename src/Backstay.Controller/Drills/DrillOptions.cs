using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Drills;

/// <summary>How drills are handed out.</summary>
internal sealed class DrillOptions
{
    public const string Section = "Drills";

    /// <summary>
    /// A drill machine that wasn't heard of for that long loses its drill to the next that asks, and may read nothing more. 10 seconds to
    /// 10 minutes, default 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// How often a drill machine without work asks for some: a drill begins that much later at the most. 1 second to 1 hour, default 10
    /// seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan AskInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often it is looked up, for each drill machine, whether a backup is due to be drilled, as long as none is. 1 second to 1 day,
    /// default 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan LookInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The pause before a drill that a machine was not able to do (no room, no key) is tried again. 1 second to 1 day, default 15 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryAfter { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// A drill that no machine was able to do for that long ends as <c>could-not</c>. 1 hour to 30 days, default 3 days.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(3);
}
