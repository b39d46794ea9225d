namespace Backstay.Archive;

/// <summary>How an archive is written. With the defaults the writer's buffers come to some 23 MiB, whatever is archived.</summary>
public sealed record ArchiveWriterOptions
{
    /// <summary>Zstandard level, 1 to 19, default 1. Higher ones need far more memory: 19 about 100 MiB for each worker.</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>Frames that are compressed at a time, 1 to 16; each costs about 6 MiB. Default: 2, or 1 with one processor.</summary>
    public int CompressionWorkers { get; init; } = Math.Min(2, Environment.ProcessorCount);

    /// <summary>Blocks of 256 KiB between tar and zstd, 2 to 64, default 4.</summary>
    public int TarBlocks { get; init; } = 4;

    /// <summary>Blocks of 128 KiB between zstd and OpenPGP, 2 to 64, default 8.</summary>
    public int CompressedBlocks { get; init; } = 8;

    /// <summary>
    /// Entries that the collecting stage may be ahead of tar, 16 to 256, default 64, handed over eight at a time. Each holds up
    /// to 64 KiB of content.
    /// </summary>
    public int CollectedEntries { get; init; } = 64;

    /// <summary>
    /// Folder of the unlinked temporary file that collects SHA256SUMS (about 150 bytes a file). Default: the system's
    /// temporary folder. Must be writable.
    /// </summary>
    public string SpoolFolder { get; init; } = Path.GetTempPath();

    internal void Validate()
    {
        Check(CompressionLevel, 1, 19, nameof(CompressionLevel));
        Check(CompressionWorkers, 1, 16, nameof(CompressionWorkers));
        Check(TarBlocks, 2, 64, nameof(TarBlocks));
        Check(CompressedBlocks, 2, 64, nameof(CompressedBlocks));
        Check(CollectedEntries, 16, 256, nameof(CollectedEntries));
        if (!Directory.Exists(SpoolFolder))
            throw new ArgumentException($"{nameof(SpoolFolder)} '{SpoolFolder}' doesn't exist; name a writable folder.");
    }

    private static void Check(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {least} to {most}.");
    }
}
