using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller;

/// <summary>The folder for everything that the embedded defaults write: catalog, archives, certificate.</summary>
internal sealed class DataOptions
{
    public const string Section = "Data";

    /// <summary>Made at first start with mode 0700. Default: <c>/var/lib/backstay</c>.</summary>
    [Required]
    public string Folder { get; set; } = "/var/lib/backstay";
}
