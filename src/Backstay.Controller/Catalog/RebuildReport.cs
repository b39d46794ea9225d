namespace Backstay.Controller.Catalog;

/// <summary>What a rebuild found and did.</summary>
internal sealed class RebuildReport
{
    /// <summary>With a sidecar, one for each backup.</summary>
    public int Archives { get; set; }

    /// <summary>Backups that the catalog has now and had not before.</summary>
    public int Added { get; set; }

    /// <summary>Backups that it had.</summary>
    public int Known { get; set; }

    public int Appliances { get; set; }

    public int Problems { get; set; }
}
