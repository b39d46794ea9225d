using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Hosting;

/// <summary>Which one of several controllers on one catalog this is.</summary>
internal sealed class ControllerOptions
{
    public const string Section = "Controller";

    /// <summary>
    /// A name that no other controller on the catalog has, and that stays when this one is made anew: what it let begin goes on counting
    /// against <c>Backups:MaxParallelPerController</c>. At most 128 characters. Default: none, a random id in the data folder, which is
    /// enough where that folder lasts.
    /// </summary>
    [MaxLength(128)]
    public string Name { get; set; } = "";
}
