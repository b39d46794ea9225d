using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Backstay.Controller.Catalog;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Keys;

/// <summary>
/// The backup passphrases: the one in force, and those before it, each under the id by which backups record it. A passphrase has one id
/// for ever: one that comes back comes back under it.
/// </summary>
internal sealed class Passphrases(CatalogContext catalog, SecretProtection secrets, TimeProvider time)
{
    /// <summary>All, the newest first.</summary>
    public async Task<List<BackupKeyEntity>> AllAsync(CancellationToken cancellationToken)
    {
        await InForceAsync(cancellationToken);
        return await catalog.BackupKeys.AsNoTracking()
            .Where(k => k.Kind == BackupKeyKind.Passphrase)
            .OrderByDescending(k => k.Created)
            .ToListAsync(cancellationToken);
    }

    /// <summary>
    /// The one that new archives are sealed to, or null. One that the settings alone know gets its id here: it was set by the release before,
    /// or before passphrases had ids. Not within a transaction.
    /// </summary>
    public async Task<BackupKeyEntity?> InForceAsync(CancellationToken cancellationToken)
    {
        if (await ProtectedAsync(cancellationToken) is not { } inForce)
            return null;
        if (await FindAsync(inForce, cancellationToken) is { } known)
            return known;

        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        inForce = await ProtectedAsync(cancellationToken);
        if (inForce is null)
            return null;

        var adopted = await FindAsync(inForce, cancellationToken) ?? await MakeAsync(inForce, name: null, cancellationToken);
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return adopted;
    }

    /// <summary>Before the transaction (see <see cref="SecretProtection"/>) of <see cref="ApplyAsync"/>.</summary>
    public async Task<PreparedPassphrase> PrepareAsync(string passphrase, CancellationToken cancellationToken)
    {
        var text = Encoding.UTF8.GetBytes(passphrase);
        foreach (var known in await AllAsync(cancellationToken))
        {
            if (Is(known.ProtectedPassphrase!, text))
                return new PreparedPassphrase(known.ProtectedPassphrase!);
        }

        return new PreparedPassphrase(secrets.Protect(SecretProtection.BackupPassphrase, text));
    }

    /// <summary>
    /// Puts a passphrase in force, in the caller's transaction alone (<see cref="CatalogContext.BeginAloneAsync"/>); the one before is retired
    /// and stays known. The caller's SaveChanges stores it.
    /// </summary>
    /// <param name="settings">Tracked.</param>
    /// <param name="name">Null: the day.</param>
    public async Task<BackupKeyEntity> ApplyAsync(
        SettingsEntity settings, PreparedPassphrase prepared, string? name, CancellationToken cancellationToken)
    {
        if (settings.ProtectedBackupPassphrase is { } before && await FindAsync(before, cancellationToken) is null)
        {
            // Set by a controller of the release before, a moment ago: archives may be sealed to it.
            await MakeAsync(before, name: null, cancellationToken);
            await catalog.SaveChangesAsync(cancellationToken);
        }

        settings.ProtectedBackupPassphrase = prepared.Protected;
        var known = await catalog.BackupKeys.FirstOrDefaultAsync(k => k.ProtectedPassphrase == prepared.Protected, cancellationToken);
        if (known is null)
            return await MakeAsync(prepared.Protected, name, cancellationToken);

        await RetireOthersAsync(known.Id, cancellationToken);
        known.Retired = null;
        known.Name = name ?? known.Name;
        return known;
    }

    private Task<byte[]?> ProtectedAsync(CancellationToken cancellationToken) => catalog.Settings
        .Where(s => s.Id == SettingsEntity.TheId)
        .Select(s => s.ProtectedBackupPassphrase)
        .SingleAsync(cancellationToken);

    private Task<BackupKeyEntity?> FindAsync(byte[] passphrase, CancellationToken cancellationToken) =>
        catalog.BackupKeys.AsNoTracking().FirstOrDefaultAsync(k => k.ProtectedPassphrase == passphrase, cancellationToken);

    private async Task<BackupKeyEntity> MakeAsync(byte[] passphrase, string? name, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var made = new BackupKeyEntity
        {
            Id = Guid.CreateVersion7(now),
            Kind = BackupKeyKind.Passphrase,
            Name = name ?? string.Create(CultureInfo.InvariantCulture, $"Passphrase of {now:yyyy-MM-dd}"),
            Created = now,
            Confirmed = now,
            ProtectedPassphrase = passphrase,
        };
        await RetireOthersAsync(made.Id, cancellationToken);
        catalog.BackupKeys.Add(made);
        return made;
    }

    private async Task RetireOthersAsync(Guid but, CancellationToken cancellationToken)
    {
        var others = await catalog.BackupKeys
            .Where(k => k.Kind == BackupKeyKind.Passphrase && k.Retired == null && k.Id != but)
            .ToListAsync(cancellationToken);
        others.ForEach(key => key.Retired = time.GetUtcNow());
    }

    private bool Is(byte[] known, byte[] text)
    {
        try
        {
            return CryptographicOperations.FixedTimeEquals(secrets.Unprotect(SecretProtection.BackupPassphrase, known), text);
        }
        catch (CryptographicException)
        {
            // Protected by keys that this catalog doesn't have: whatever it is, nobody here can tell.
            return false;
        }
    }
}

/// <summary>A passphrase, protected, in the very bytes that stand for it if it is known already.</summary>
internal sealed record PreparedPassphrase(byte[] Protected);
