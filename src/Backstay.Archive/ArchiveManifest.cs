namespace Backstay.Archive;

/// <summary>What an archive is, told by its first entry, <c>backstay/manifest.json</c>.</summary>
public sealed record ArchiveManifest
{
    /// <summary>The format this library writes, and the newest that it reads.</summary>
    public const int CurrentFormat = 1;

    public int Format { get; init; } = CurrentFormat;

    /// <summary>Null for an archive made offline.</summary>
    public Guid? ApplianceId { get; init; }

    public required string ApplianceName { get; init; }

    /// <summary>Null for an archive made offline.</summary>
    public Guid? BackupId { get; init; }

    public required string AgentVersion { get; init; }

    /// <summary>The sections that were asked for, in archive order.</summary>
    public required IReadOnlyList<ArchiveSection> Sections { get; init; }

    public required DateTimeOffset Started { get; init; }

    public required string Hostname { get; init; }

    /// <summary>
    /// SHA-256 (lower-case hex) of the envelope in front of the sealed data. Set by <see cref="ArchiveWriter"/>; checked by
    /// <see cref="ArchiveReader"/>, because OpenPGP itself doesn't protect those packets.
    /// </summary>
    public string? EnvelopeSha256 { get; init; }
}
