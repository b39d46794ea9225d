using System.ComponentModel.DataAnnotations;

namespace Backstay.Controller.Storage;

/// <summary>The store that is a folder.</summary>
internal sealed class FolderStoreOptions
{
    public const string Section = "Storage";

    /// <summary>Made at first start with mode 0700. Default: <c>store</c> in the data folder.</summary>
    [Required]
    public string Folder { get; set; } = "";

    /// <summary>
    /// Bytes on the folder's volume that archives leave alone: a catalog on the same volume needs some to go on working. 0 to
    /// 2^62, default 256 MiB.
    /// </summary>
    [Range(0, 1L << 62)]
    public long MinimumFreeSpace { get; set; } = 256L * 1024 * 1024;
}
