namespace Backstay.Archive;

/// <summary>Limits on what an archive may cost its reader. An archive beyond them is refused as <see cref="ArchiveFault.TooLarge"/>.</summary>
public record ReadOptions
{
    /// <summary>Most bytes that an archive may expand to, holes of sparse files counted. Default 8 TiB.</summary>
    public long MaxExpandedBytes { get; init; } = 8L << 40;

    /// <summary>
    /// Most expanded bytes for one sealed byte, looked at from <see cref="RatioFrom"/> expanded bytes on. Default 1000.
    /// Zstandard itself reaches about 30,000 on zeros.
    /// </summary>
    public int MaxRatio { get; init; } = 1000;

    /// <summary>Expanded bytes from which on <see cref="MaxRatio"/> holds. Default 64 GiB.</summary>
    public long RatioFrom { get; init; } = 64L << 30;

    /// <summary>Most entries. Default 100 million.</summary>
    public long MaxEntries { get; init; } = 100_000_000;

    /// <summary>Folder of the unlinked temporary file with the digests found (about 150 bytes a file).</summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();
}

/// <summary>How to verify.</summary>
public sealed record VerifyOptions : ReadOptions;

/// <summary>How to extract.</summary>
public sealed record ExtractOptions : ReadOptions
{
    /// <summary>
    /// Restore numeric owners, setuid and setgid bits, and attributes outside of <c>user.*</c>. Null (default): if running as
    /// root. Without it files belong to the caller and setuid and setgid bits are dropped.
    /// </summary>
    public bool? RestoreOwner { get; init; }

    /// <summary>Create device nodes. Default false: they are skipped and listed.</summary>
    public bool AllowDevices { get; init; }

    /// <summary>Sections to extract; null for all. <c>backstay/</c> is always extracted. Everything is verified in any case.</summary>
    public IReadOnlyList<ArchiveSection>? Sections { get; init; }
}
