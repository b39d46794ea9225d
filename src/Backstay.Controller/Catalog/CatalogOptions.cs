using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Catalog;

/// <summary>Where the catalog is kept.</summary>
internal sealed class CatalogOptions
{
    public const string Section = "Catalog";

    /// <summary>The SQLite file. Default: <c>catalog.db</c> in the data folder.</summary>
    [Required]
    public string File { get; set; } = "";
}
