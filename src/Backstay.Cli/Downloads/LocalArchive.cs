using Backstay.Archive;
using Backstay.Cli.Outcomes;

namespace Backstay.Cli.Downloads;

/// <summary>An archive on this machine's disk.</summary>
/// <param name="IsOurs">It was downloaded for the command, and goes when that is done with it.</param>
/// <param name="Asked">The backup that it was asked for as; null for a file that was named.</param>
internal sealed record LocalArchive(FileInfo File, bool IsOurs, AskedBackup? Asked = null)
{
    /// <summary>A whole archive, and opened by the right key, may still be another backup: of a wrong file in the cache, or in the store.</summary>
    /// <exception cref="CliException">It isn't the backup that was asked for.</exception>
    public void MustBe(ArchiveManifest manifest)
    {
        if (Asked is null || (manifest.BackupId == Asked.BackupId && manifest.ApplianceId == Asked.ApplianceId))
            return;
        var found = manifest.BackupId is { } id ? $"backup {id}" : "an archive that was made by hand";
        throw new CliException(
            ExitCode.Integrity,
            CliErrorIds.AnotherBackup,
            $"{File.FullName} is {found} of {manifest.ApplianceName} ({manifest.ApplianceId?.ToString() ?? "no id"}), begun {manifest.Started:yyyy-MM-dd HH:mm:ss} "
                + $"UTC, not backup {Asked.BackupId} of {Asked.ApplianceName} ({Asked.ApplianceId}). Remove that file and try again; if it comes back, the "
                + "store gives a wrong archive: have it verified with backstay backup verify.");
    }

    public void Remove()
    {
        if (IsOurs)
            File.Delete();
    }
}

/// <summary>Which backup of which appliance.</summary>
internal sealed record AskedBackup(Guid BackupId, Guid ApplianceId, string ApplianceName);
