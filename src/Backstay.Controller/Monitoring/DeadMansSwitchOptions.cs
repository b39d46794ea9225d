using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Monitoring;

/// <summary>A sign of life for a service that raises the alarm when it doesn't come.</summary>
internal sealed class DeadMansSwitchOptions : IValidatableObject
{
    public const string Section = "DeadMansSwitch";

    /// <summary>
    /// Gets a GET every <see cref="Interval"/> while all is well: absolute http(s). Addresses that aren't notified
    /// (<c>Notifications:AllowedNetworks</c>) aren't called either. Default: none.
    /// </summary>
    public string Url { get; set; } = "";

    /// <summary>How often, whichever controller does it. 10 seconds to 1 day, default 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether it is called although an appliance is overdue: events tell of that already. Default false.</summary>
    public bool EvenWhenOverdue { get; set; }

    public bool IsOn => Url is not "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsOn && (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https")))
            yield return new ValidationResult($"{Section}:{nameof(Url)}: isn't an absolute http or https URL.", [nameof(Url)]);
    }
}
