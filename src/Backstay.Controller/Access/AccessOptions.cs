using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Access;

/// <summary>How often a sign-in may be tried. Only refused tries count: a sign-in that succeeds gives its try back.</summary>
internal sealed class AccessOptions
{
    public const string Section = "Access";

    /// <summary>Tries in a row from one address (IPv6: one /64). 1 to 10,000, default 20.</summary>
    [Range(1, 10_000)]
    public int TriesPerAddress { get; set; } = 20;

    /// <summary>Tries in a row for one user name. 1 to 10,000, default 10.</summary>
    [Range(1, 10_000)]
    public int TriesPerUser { get; set; } = 10;

    /// <summary>How long until one try comes back. 1 second to 1 hour, default 6 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan TryComesBackAfter { get; set; } = TimeSpan.FromSeconds(6);
}
