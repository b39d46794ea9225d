using System.Security.Cryptography;
using System.Text;
using Backstay.Controller.Catalog;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Settings;

/// <summary>
/// Secrets at rest, by Data Protection with its keys in the catalog: the one list of purposes. What is protected for one purpose
/// opens for no other. Protect before a transaction begins: the first use may write a key, on a connection of its own.
/// </summary>
internal sealed class SecretProtection(IDataProtectionProvider provider, IDbContextFactory<CatalogContext> catalogs)
{
    /// <summary>A purpose is never renamed: what was protected under it would be lost.</summary>
    public const string BackupPassphrase = "Backstay.Settings.BackupPassphrase";
    public const string SessionKey = "Backstay.Backups.SessionKey";
    public const string WebhookSecret = "Backstay.Notifications.WebhookSecret";

    /// <summary>
    /// Makes the first key, where there is none yet. For the start's turn: of two first keys, made by two controllers at once, neither
    /// would know the other's for a day, which is how long they keep what they have read.
    /// </summary>
    public void MakeKey() => Protect("Backstay.Hosting.FirstStart", "");

    public byte[] Protect(string purpose, byte[] secret) => provider.CreateProtector(purpose).Protect(secret);

    public byte[] Protect(string purpose, string secret) => Protect(purpose, Encoding.UTF8.GetBytes(secret));

    /// <exception cref="CryptographicException">The bytes are not of this purpose or this catalog.</exception>
    public byte[] Unprotect(string purpose, byte[] secret)
    {
        try
        {
            return provider.CreateProtector(purpose).Unprotect(secret);
        }
        catch (CryptographicException)
        {
            // The framework reads the keys once a day. Another controller may have made the one that is needed a moment ago.
            using var anew = new ServiceCollection()
                .AddScoped(_ => catalogs.CreateDbContext())
                .AddCatalogKeys()
                .BuildServiceProvider();
            return anew.GetRequiredService<IDataProtectionProvider>().CreateProtector(purpose).Unprotect(secret);
        }
    }
}
