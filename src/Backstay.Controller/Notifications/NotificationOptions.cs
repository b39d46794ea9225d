using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Backstay.Controller.Notifications;

/// <summary>How notifications are sent, and where to.</summary>
internal sealed class NotificationOptions : IValidatableObject
{
    public const string Section = "Notifications";

    /// <summary>
    /// Networks (CIDR: <c>10.1.0.0/16</c>, <c>::1/128</c>) that may be notified although they are refused by default or by
    /// <see cref="RefusedNetworks"/>. Default: none.
    /// </summary>
    public string[] AllowedNetworks { get; set; } = [];

    /// <summary>
    /// Networks (CIDR) to refuse beyond the built-in ones: where not every user of the API may reach into the operator's own
    /// network, the private ranges belong here. Default: none.
    /// </summary>
    public string[] RefusedNetworks { get; set; } = [];

    /// <summary>How many tries run at the same time on one controller. 1 to 1024, default 32.</summary>
    [Range(1, 1024)]
    public int ConcurrentTries { get; set; } = 32;

    /// <summary>How many of them may go to one host, so that a slow one can't hold up the rest. 1 to 1024, default 4.</summary>
    [Range(1, 1024)]
    public int ConcurrentTriesPerHost { get; set; } = 4;

    /// <summary>Days that a delivery stays listed after its last day of tries. 1 to 3650, default 30.</summary>
    [Range(1, 3650)]
    public int RetentionDays { get; set; } = 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, networks) in new[] { (nameof(AllowedNetworks), AllowedNetworks), (nameof(RefusedNetworks), RefusedNetworks) })
        {
            foreach (var network in networks.Where(network => !IPNetwork.TryParse(network, out _)))
            {
                yield return new ValidationResult(
                    $"{Section}:{name}: '{network}' isn't a network in CIDR form. Write it like 10.1.0.0/16 or 127.0.0.1/32.", [name]);
            }
        }
    }
}
