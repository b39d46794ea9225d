using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Objectives;

/// <summary>How closely objectives are watched.</summary>
internal sealed class ObjectiveOptions
{
    public const string Section = "Objectives";

    /// <summary>
    /// How often all appliances are compared with their objectives, by one of all controllers: that much later at the most it is told that
    /// one is overdue. 10 seconds to 1 hour, default 1 minute.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(1);
}
