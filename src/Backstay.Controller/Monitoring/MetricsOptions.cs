using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Backstay.Controller.Monitoring;

/// <summary>Who may read <c>/metrics</c>. Without <see cref="AllowedNetworks"/> and <see cref="TokenFile"/> there is no such path.</summary>
internal sealed class MetricsOptions : IValidatableObject
{
    public const string Section = "Metrics";

    /// <summary>Networks (CIDR) from which it is read without a token: <c>127.0.0.1/32</c>, <c>10.1.2.3/32</c>. Default: none.</summary>
    public string[] AllowedNetworks { get; set; } = [];

    /// <summary>
    /// A file whose first line is the token (16 characters or more) that <c>Authorization: Bearer</c> has to carry from everywhere else; read
    /// with every request. Default: none.
    /// </summary>
    public string TokenFile { get; set; } = "";

    /// <summary>
    /// Of how many appliances, worst first, the ages of the newest backups are given: each is two time series. 0 to 100,000, default 1,000.
    /// </summary>
    [Range(0, 100_000)]
    public int MaxAppliances { get; set; } = 1000;

    public bool IsOn => AllowedNetworks.Length > 0 || TokenFile is not "";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var network in AllowedNetworks.Where(network => !IPNetwork.TryParse(network, out _)))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(AllowedNetworks)}: '{network}' isn't a network in CIDR form. Write it like 10.1.0.0/16 or 127.0.0.1/32.",
                [nameof(AllowedNetworks)]);
        }

        if (TokenFile is not "" && (!File.Exists(TokenFile) || File.ReadLines(TokenFile).FirstOrDefault("").Trim().Length < 16))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(TokenFile)}: {TokenFile} isn't a file whose first line is a token of 16 characters or more.", [nameof(TokenFile)]);
        }
    }
}
