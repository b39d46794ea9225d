using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Events;

/// <summary>How long events are kept.</summary>
internal sealed class EventOptions
{
    public const string Section = "Events";

    /// <summary>Days that an event stays listed. The audit log keeps it for good. 1 to 3650, default 365.</summary>
    [Range(1, 3650)]
    public int RetentionDays { get; set; } = 365;
}
