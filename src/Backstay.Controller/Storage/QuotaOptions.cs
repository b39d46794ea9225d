using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Storage;

/// <summary>How much of the store archives may take, and from when on that is a matter to look at.</summary>
internal sealed class QuotaOptions : IValidatableObject
{
    public const string Section = "Storage:Quota";

    /// <summary>
    /// Bytes of archives and of parts on their way. A part beyond it fails its backup (<c>store-full</c>). 1 MiB or more; default: as
    /// much as the folder's volume has room for, or a bucket takes.
    /// </summary>
    [Range(1024 * 1024, long.MaxValue)]
    public long? Bytes { get; set; }

    /// <summary>
    /// From this share of <see cref="Bytes"/> (without it: of what the volume has room for) on, the log, <c>/readyz</c> and the metrics
    /// warn. 1 to 100 percent, default 80.
    /// </summary>
    [Range(1, 100)]
    public int WarnAtPercent { get; set; } = 80;

    /// <summary>
    /// From this share on no new backup is begun, so that those that run find room to end. Not below <see cref="WarnAtPercent"/>, to
    /// 100 percent, default 95.
    /// </summary>
    [Range(1, 100)]
    public int RefuseAtPercent { get; set; } = 95;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RefuseAtPercent < WarnAtPercent)
        {
            yield return new ValidationResult(
                $"Storage:Quota:RefuseAtPercent ({RefuseAtPercent}) is below WarnAtPercent ({WarnAtPercent}): it would refuse without a warning.");
        }
    }
}
