namespace Backstay.Cli.Downloads;

/// <summary>An archive that is on this machine's disk, byte for byte the one that was sealed.</summary>
/// <param name="File">Full path.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
internal sealed record DownloadedArchive(string File, long Size, string Sha256, Guid ApplianceId, Guid BackupId);
