using System.Net.Http.Headers;
using System.Security.Cryptography;
using Backstay.Archive;
using Backstay.Chaos.Running;
using Backstay.Protocol.Admin;

namespace Backstay.Chaos.Checking;

/// <summary>Downloads an archive as a client does, resuming what breaks off, and proves it down to the last byte.</summary>
internal sealed class ArchiveProof(AdminSession admin, string folder)
{
    private static readonly TimeSpan DownloadLimit = TimeSpan.FromSeconds(90);

    /// <summary>What is wrong with the archive of a success: nothing, it is hoped.</summary>
    /// <param name="source">What should be in it; null to look at size and digest only.</param>
    public async Task<IReadOnlyList<string>> FaultsAsync(Backup backup, SourceTree? source, CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, $"{backup.Id}.gpg");
        try
        {
            return await DownloadAsync(backup, file, cancellationToken) is { } fault ? [fault]
                : source is null ? []
                : await OpenAsync(backup, file, source, cancellationToken);
        }
        catch (Exception exception) when (exception is AdminApiException or OutOfPatienceException)
        {
            return [$"{backup.Id} can't be downloaded: {exception.Message}"];
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Opens a downloaded archive and compares what is in it.</summary>
    public static async Task<IReadOnlyList<string>> OpenAsync(Backup backup, string file, SourceTree source, CancellationToken cancellationToken)
    {
        var restored = file + ".out";
        try
        {
            await using var archive = File.OpenRead(file);
            await ArchiveReader.ExtractAsync(
                archive, Unlock.WithPassphrase(Installation.Passphrase), restored, new ExtractOptions { RestoreOwner = false }, null, cancellationToken);
            return [.. source.DifferencesTo(restored + "/config" + source.Folder).Select(difference => $"{backup.Id}: {difference}")];
        }
        catch (ArchiveException exception)
        {
            return [$"{backup.Id} does not verify: {exception.Message}"];
        }
        finally
        {
            if (Directory.Exists(restored))
                Directory.Delete(restored, recursive: true);
        }
    }

    private async Task<string?> DownloadAsync(Backup backup, string file, CancellationToken cancellationToken)
    {
        var info = await admin.AskAsync((client, ct) => client.GetArchiveInfoAsync(backup.ApplianceId, backup.Id, ct), "HEAD", cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var output = File.Create(file);
        await Patience.AskAsync(ct => ResumeAsync(backup, info, output, hash, ct), DownloadLimit, $"{backup.Id} can't be downloaded", cancellationToken);

        var sha256 = hash.GetHashAndReset();
        return output.Length != backup.Size || info.Size != backup.Size
            ? $"{backup.Id}: {output.Length} bytes came, HEAD says {info.Size}, the record {backup.Size}"
            : Convert.ToHexStringLower(sha256) != backup.Sha256 || info.Sha256 is null || !sha256.AsSpan().SequenceEqual(info.Sha256)
            ? $"{backup.Id}: the bytes have another SHA-256 than the record or Repr-Digest"
            : null;
    }

    /// <summary>Gets what is missing, from where it broke off (<c>Range</c>), if the archive is still the same one.</summary>
    private async Task<long> ResumeAsync(Backup backup, ArchiveInfo info, FileStream output, IncrementalHash hash, CancellationToken cancellationToken)
    {
        if (output.Length == info.Size)
            return output.Length;
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(DownloadLimit / 3);
        EntityTagHeaderValue? same = output.Length > 0 ? info.ETag : null;
        using var download = await admin.Downloads.OpenArchiveAsync(backup.ApplianceId, backup.Id, output.Length, same, stall.Token);
        if (download.From != output.Length)
            throw new InvalidOperationException($"{backup.Id} became another archive while it was downloaded.");

        var buffer = new byte[128 * 1024];
        int read;
        while ((read = await download.Content.ReadAsync(buffer, stall.Token)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        return output.Length;
    }
}
