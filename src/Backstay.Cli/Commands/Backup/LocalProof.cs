using System.Security.Cryptography;
using Backstay.Archive;
using Backstay.Cli.Commands.Archive;
using Backstay.Cli.Downloads;
using Backstay.Cli.Outcomes;
using Backstay.Cli.Output;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Commands.Backup;

/// <summary>The proof of a downloaded backup's content, as it is reported to the controller.</summary>
internal sealed class LocalProof(TimeProvider clock)
{
    /// <exception cref="ArchiveException">It could not be looked at, which is no result: a wrong key, a format that is too new.</exception>
    /// <exception cref="CliException">What lies here isn't the archive as it was sealed.</exception>
    public async Task<VerificationReport> MakeAsync(
        LocalArchive archive, BackupRecord backup, Unlock unlock, ProgressLine line, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        await using var file = ArchiveFile.Open(archive.File);
        var digest = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
        if (digest != backup.Sha256)
        {
            // It says nothing of the store, and with it here no better one would be fetched.
            archive.File.Delete();
            throw new CliException(
                ExitCode.Integrity,
                CliErrorIds.Integrity,
                $"{archive.File.FullName} isn't the archive as it was sealed: its SHA-256 is another one. Nothing was reported. Run the command again; if that "
                + $"doesn't help, have the stored bytes verified: backstay backup verify {backup.ApplianceId} {backup.Id} --wait");
        }

        file.Position = 0;
        try
        {
            var found = await ArchiveReader.VerifyAsync(
                file, unlock, new VerifyOptions(), ArchiveFile.Progress(line, file.Length), cancellationToken);
            return found.Manifest.BackupId is { } other && other != backup.Id
                ? Report(VerificationRunState.Failed, null, $"The archive is whole, but it is that of backup {other}.")
                : Report(
                    VerificationRunState.Passed,
                    found.Files,
                    $"It opens, and {found.Files} files with {found.ContentBytes} bytes have the SHA-256 that was written down with them.");
        }
        catch (ArchiveException exception) when (IsFinding(exception.Fault))
        {
            return Report(VerificationRunState.Failed, null, exception.Message);
        }

        VerificationReport Report(VerificationRunState state, long? files, string message) =>
            new(state, digest, clock.GetElapsedTime(began).TotalSeconds, files, message.Length > 1000 ? message[..1000] : message);
    }

    /// <summary>Others are faults of the key, of this program or of this machine.</summary>
    private static bool IsFinding(ArchiveFault fault) =>
        fault is ArchiveFault.Damaged or ArchiveFault.Truncated or ArchiveFault.NotAnArchive or ArchiveFault.HostilePath;
}
