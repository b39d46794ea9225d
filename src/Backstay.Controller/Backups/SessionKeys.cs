using System.Security.Cryptography;
using Backstay.Archive;
using Backstay.Controller.Catalog;
using Backstay.Controller.Keys;
using Backstay.Controller.Settings;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Backups;

/// <summary>
/// The session key of a backup and its envelope. Made once for a backup, when its agent opens the first session; kept protected
/// until the backup ends.
/// </summary>
internal sealed class SessionKeys(
    CatalogContext catalog, WriteGate gate, EnvelopeTurns turns, BackupKeyring keyring, SecretProtection secrets)
{
    /// <summary>The key and the envelope of an unfinished backup; null when it has ended in the meantime.</summary>
    /// <exception cref="CryptographicException">What is kept protected can't be opened: the catalog's keys are not those it was
    /// protected with.</exception>
    /// <exception cref="InvalidOperationException">There is nothing to seal the archive to.</exception>
    public async Task<(byte[] Key, byte[] Envelope)?> GetAsync(Guid backupId, CancellationToken cancellationToken)
    {
        if (await ReadAsync(backupId, cancellationToken) is { } kept)
            return kept;

        // Stretching a passphrase takes a tenth of a second of one core, by intent. No transaction is open meanwhile, and no more of
        // it runs at a time than there are cores.
        var sealing = await keyring.ForSealingAsync(cancellationToken);
        if (sealing.IsEmpty)
            throw new InvalidOperationException("There is no backup passphrase, and no public key that is confirmed and in force.");

        using var key = SessionKey.Generate();
        var envelope = await turns.RunAsync(
            () => Envelope.Wrap(key, [.. sealing.Passphrases.Select(passphrase => passphrase.Text)], sealing.Recipients), cancellationToken);
        var keys = OpeningKeys.ToJson(await OpeningKeys.OfAsync(sealing, envelope, cancellationToken));
        var locked = secrets.Protect(SecretProtection.SessionKey, key.Bytes.ToArray());
        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Backups
                .Where(b => b.Id == backupId && b.State < BackupState.Succeeded && b.ProtectedSessionKey == null)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.ProtectedSessionKey, locked)
                        .SetProperty(b => b.Envelope, envelope)
                        .SetProperty(b => b.Keys, keys),
                    cancellationToken);
        }

        // Not what was made here: of two sessions opened at once, the first to store its key decided.
        return await ReadAsync(backupId, cancellationToken);
    }

    private async Task<(byte[] Key, byte[] Envelope)?> ReadAsync(Guid backupId, CancellationToken cancellationToken)
    {
        var row = await catalog.Backups.AsNoTracking()
            .Where(b => b.Id == backupId && b.ProtectedSessionKey != null)
            .Select(b => new { b.ProtectedSessionKey, b.Envelope })
            .FirstOrDefaultAsync(cancellationToken);
        return row is null ? null : (secrets.Unprotect(SecretProtection.SessionKey, row.ProtectedSessionKey!), row.Envelope);
    }
}

/// <summary>Runs work that takes a core to itself, on no more cores than there are.</summary>
internal sealed class EnvelopeTurns : IDisposable
{
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);

    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _cores.WaitAsync(cancellationToken);
        try
        {
            return await Task.Run(work, cancellationToken);
        }
        finally
        {
            _cores.Release();
        }
    }

    public void Dispose() => _cores.Dispose();
}
