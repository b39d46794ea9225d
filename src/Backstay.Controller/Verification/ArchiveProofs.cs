using System.Buffers;
using System.Security.Cryptography;
using Backstay.Archive;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Backstay.Controller.Keys;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Verification;

/// <summary>
/// Looks at stored archives, in constant memory, and says what is so. That the store can't be read now is an
/// <see cref="ArchiveStoreException"/> and no finding.
/// </summary>
internal sealed class ArchiveProofs(IArchiveStore store, BackupKeyring keyring, DataFolder folder, TimeProvider time)
{
    private const int BufferSize = 256 * 1024;

    private const string WhatToDo = "Make a new backup, and look at the store.";

    /// <param name="bytesPerSecond">Null: as fast as it goes.</param>
    /// <param name="along">Called along the way, with the bytes read until then.</param>
    public async Task<Proof> MakeAsync(
        BackupEntity backup,
        VerificationStrength strength,
        long? bytesPerSecond,
        Func<long, CancellationToken, Task> along,
        CancellationToken cancellationToken)
    {
        try
        {
            return strength == VerificationStrength.Digest
                ? await DigestAsync(backup, bytesPerSecond, along, cancellationToken)
                : await ContentAsync(backup, bytesPerSecond, along, cancellationToken);
        }
        catch (ArchiveStoreException exception) when (exception.Fault == StoreFault.Missing)
        {
            return Proof.Failed($"The archive is not in the store as it was recorded: {exception.Message} {WhatToDo}", 0);
        }
    }

    private async Task<Proof> DigestAsync(
        BackupEntity backup, long? bytesPerSecond, Func<long, CancellationToken, Task> along, CancellationToken cancellationToken)
    {
        await using var archive = await OpenAsync(backup, bytesPerSecond, along, cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await archive.ReadAsync(buffer.AsMemory(0, BufferSize), cancellationToken)) > 0)
                hash.AppendData(buffer, 0, read);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return hash.GetHashAndReset().AsSpan().SequenceEqual(backup.Sha256)
            ? new Proof(VerificationRunState.Passed, "The stored bytes are those that were sealed.", archive.Count)
            : Proof.Failed($"The stored bytes are not those that were sealed: they have another SHA-256. {WhatToDo}", archive.Count);
    }

    private async Task<Proof> ContentAsync(
        BackupEntity backup, long? bytesPerSecond, Func<long, CancellationToken, Task> along, CancellationToken cancellationToken)
    {
        var passphrases = await keyring.PassphrasesForAsync(backup, cancellationToken);
        if (passphrases is [])
            return Proof.Impossible(NoKey(backup), 0);

        ProofStream? archive = null;
        try
        {
            archive = await OpenAsync(backup, bytesPerSecond, along, cancellationToken);
            var found = await ArchiveReader.VerifyAsync(
                archive, Unlock.WithAnyPassphrase(passphrases), new VerifyOptions { SpoolFolder = folder.Path }, progress: null, cancellationToken);
            if (found.Manifest.BackupId is { } other && other != backup.Id)
            {
                return Proof.Failed(
                    $"The archive is whole, but it is that of backup {other}. {WhatToDo}", archive.Count);
            }

            return new Proof(
                VerificationRunState.Passed,
                $"It opens, and {found.Files} files with {found.ContentBytes} bytes have the SHA-256 that was written down with them.",
                archive.Count,
                found.Files);
        }
        catch (ArchiveException exception) when (SaysNothingYet(exception.Fault))
        {
            // The wrong key and a first byte that was changed look alike. The bytes themselves tell which it is.
            await archive!.DisposeAsync();
            var bytes = await DigestAsync(backup, bytesPerSecond, along, cancellationToken);
            return bytes.State == VerificationRunState.Failed
                ? Proof.Failed($"{exception.Message} {bytes.Message}", bytes.Bytes)
                : Proof.Impossible(exception.Fault == ArchiveFault.WrongKey ? NoKey(backup) : exception.Message, bytes.Bytes);
        }
        catch (ArchiveException exception)
        {
            return Proof.Failed($"{exception.Message} {WhatToDo}", archive!.Count);
        }
        finally
        {
            if (archive is not null)
                await archive.DisposeAsync();
        }
    }

    /// <summary>Faults that an archive can have as it was sealed, for this reader: a key it doesn't hold, a format or a size beyond it.</summary>
    private static bool SaysNothingYet(ArchiveFault fault) =>
        fault is ArchiveFault.WrongKey or ArchiveFault.UnusableKey or ArchiveFault.UnsupportedFormat or ArchiveFault.TooLarge;

    private static string NoKey(BackupEntity backup) =>
        "The controller holds no key that opens this archive, so its content can't be proven here. Where the key is: backstay backup verify "
        + $"{backup.ApplianceId} {backup.Id} --secret-key KEY_FILE";

    private async Task<ProofStream> OpenAsync(
        BackupEntity backup, long? bytesPerSecond, Func<long, CancellationToken, Task> along, CancellationToken cancellationToken)
    {
        var (key, size) = (new ArchiveKey(backup.Id, backup.Attempt), backup.Size!.Value);
        if (await store.GetLengthAsync(key, cancellationToken) is var length && length != size)
            throw new ArchiveStoreException(StoreFault.Missing, $"{length ?? 0} of {size} bytes of {key} are there.");

        return new ProofStream(await store.OpenReadAsync(key, 0, size, cancellationToken), size, bytesPerSecond, along, time);
    }
}
