using System.Text;
using Backstay.Archive;
using Backstay.Controller.Catalog;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Keys;

/// <summary>The keys that archives are sealed to, and the passphrases that open those that were sealed before. Read anew for every question.</summary>
internal sealed partial class BackupKeyring(
    CatalogContext catalog, SecretProtection secrets, Passphrases passphrases, TimeProvider time, ILogger<BackupKeyring> logger)
{
    /// <summary>Whether there is anything to seal an archive to.</summary>
    public async Task<bool> CanSealAsync(CancellationToken cancellationToken) =>
        await catalog.Settings.AnyAsync(s => s.ProtectedBackupPassphrase != null, cancellationToken)
        || await UsableRecipients().AnyAsync(cancellationToken);

    /// <summary>The public keys that new archives are sealed to.</summary>
    public IQueryable<BackupKeyEntity> UsableRecipients()
    {
        var now = time.GetUtcNow();
        return catalog.BackupKeys.Where(
            k => k.Kind == BackupKeyKind.Recipient && k.Confirmed != null && k.Retired == null && (k.Expires == null || k.Expires > now));
    }

    /// <summary>What a new archive is sealed to now. Empty when there is nothing.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The passphrase isn't protected by this catalog's keys.</exception>
    public async Task<SealingKeys> ForSealingAsync(CancellationToken cancellationToken)
    {
        var inForce = await passphrases.InForceAsync(cancellationToken);
        List<Recipient> recipients = [];
        foreach (var key in await UsableRecipients().AsNoTracking().OrderBy(k => k.Created).ToListAsync(cancellationToken))
        {
            try
            {
                recipients.Add(Recipient.Parse(key.PublicKey, time.GetUtcNow()));
            }
            catch (ArchiveException exception)
            {
                // It could be used when it was imported. The other keys open the archive.
                Log.Unusable(logger, key.Name, key.Fingerprint, exception);
            }
        }

        return new SealingKeys(
            inForce is null ? [] : [new SealingPassphrase(inForce.Id, Reveal(inForce))],
            recipients);
    }

    /// <summary>
    /// The passphrases to try on a backup's archive: the recorded one where it is known here; else, where nothing was recorded or the
    /// catalog was made anew, all of them, the newest first. Empty when public keys alone open it: then nobody here can read it.
    /// </summary>
    public async Task<IReadOnlyList<string>> PassphrasesForAsync(BackupEntity backup, CancellationToken cancellationToken)
    {
        var recorded = OpeningKeys.Parse(backup.Keys)?.Where(key => key.Kind == BackupKeyKind.Passphrase).Select(key => key.Id).ToHashSet();
        if (recorded is { Count: 0 })
            return [];

        var known = await passphrases.AllAsync(cancellationToken);
        var right = known.Where(key => recorded?.Contains(key.Id.ToString()) is true).ToList();
        return [.. (right.Count > 0 ? right : known).Select(Reveal)];
    }

    /// <exception cref="System.Security.Cryptography.CryptographicException">It isn't protected by this catalog's keys.</exception>
    public string Reveal(BackupKeyEntity passphrase) =>
        Encoding.UTF8.GetString(secrets.Unprotect(SecretProtection.BackupPassphrase, passphrase.ProtectedPassphrase!));

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error,
            "The public key {Name} ({Fingerprint}) can't be used: new archives aren't sealed to it. Import it again, or remove it.")]
        public static partial void Unusable(ILogger logger, string name, string? fingerprint, Exception exception);
    }
}
