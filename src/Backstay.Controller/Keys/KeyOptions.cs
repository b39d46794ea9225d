using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Keys;

/// <summary>When people are told that a public key ends.</summary>
internal sealed class KeyOptions
{
    public const string Section = "Keys";

    /// <summary>How long before its end a public key is warned about. 1 to 365 days, default 30 days.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan ExpiryWarning { get; set; } = TimeSpan.FromDays(30);
}
