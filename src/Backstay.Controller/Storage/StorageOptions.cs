using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Storage;

/// <summary>What every store has in common.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>Where archives live. Default: <see cref="StoreProvider.Folder"/>.</summary>
    [EnumDataType(typeof(StoreProvider))]
    public StoreProvider Provider { get; set; }

    /// <summary>
    /// How long what no backup claims any more stays in the store before the sweep takes it. 10 seconds to 30 days, default 1 hour.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:10", "30.00:00:00")]
    public TimeSpan OrphanGrace { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>The stores that there are.</summary>
internal enum StoreProvider
{
    /// <summary>A folder: <see cref="FolderStoreOptions"/>. For several controllers, one that they share (docs/decisions/0056).</summary>
    Folder,

    /// <summary>A bucket of an S3 service: <see cref="S3StoreOptions"/>. For any number of controllers.</summary>
    S3,
}
