using System.Text;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Notifications;

/// <summary>
/// The secret that notifications are signed with, kept protected in the settings. Nothing is kept in memory: a rotation through one
/// controller is in force on all of them with the next try.
/// </summary>
internal sealed class WebhookSecrets(SecretProtection protection, TimeProvider time)
{
    /// <summary>How long the secret before still signs: the time to bring the new one to the receivers.</summary>
    public static readonly TimeSpan PreviousSignsFor = TimeSpan.FromHours(24);

    /// <summary>The secret in force; it is made when there is none yet.</summary>
    public async Task<WebhookSecret> ReadAsync(CatalogContext catalog, CancellationToken cancellationToken)
    {
        var settings = await LoadAsync(catalog, cancellationToken);
        if (settings.ProtectedWebhookSecret is null)
        {
            // Of several controllers at the same first moment one writes; all read what it wrote.
            var made = Protect(WebhookSignature.NewSecret());
            await catalog.Settings
                .Where(s => s.Id == SettingsEntity.TheId && s.ProtectedWebhookSecret == null)
                .ExecuteUpdateAsync(set => set.SetProperty(s => s.ProtectedWebhookSecret, made), cancellationToken);
            settings = await LoadAsync(catalog, cancellationToken);
        }

        var secret = new WebhookSecret(Unprotect(settings.ProtectedWebhookSecret!));
        return settings is { ProtectedPreviousWebhookSecret: { } previous, PreviousWebhookSecretUntil: { } until }
            && until > time.GetUtcNow()
            ? secret with { Previous = Unprotect(previous), PreviousUntil = until }
            : secret;
    }

    /// <summary>
    /// Puts a new secret in force, with its line in the audit log. The one before signs too for <see cref="PreviousSignsFor"/>; the
    /// one before that no longer. Null, and nothing changed, when someone else rotated at the same moment.
    /// </summary>
    public async Task<WebhookSecret?> RotateAsync(CatalogContext catalog, AuditTrail audit, CancellationToken cancellationToken)
    {
        var before = await ReadAsync(catalog, cancellationToken);
        var stored = (await LoadAsync(catalog, cancellationToken)).ProtectedWebhookSecret!;
        var secret = new WebhookSecret(WebhookSignature.NewSecret(), before.Secret, time.GetUtcNow() + PreviousSignsFor);

        // Before the transaction: protecting may make a Data Protection key, which is written on a connection of its own.
        var made = Protect(secret.Secret);

        await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
        var changed = await catalog.Settings
            .Where(s => s.Id == SettingsEntity.TheId && s.ProtectedWebhookSecret == stored)
            .ExecuteUpdateAsync(
                set => set
                    .SetProperty(s => s.ProtectedWebhookSecret, made)
                    .SetProperty(s => s.ProtectedPreviousWebhookSecret, stored)
                    .SetProperty(s => s.PreviousWebhookSecretUntil, secret.PreviousUntil),
                cancellationToken);
        if (changed == 0)
        {
            return null;
        }

        audit.Add("notification-secret.rotate", null, $"the one before signs until {secret.PreviousUntil:O}");
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return secret;
    }

    private static Task<SettingsEntity> LoadAsync(CatalogContext catalog, CancellationToken cancellationToken) =>
        catalog.Settings.AsNoTracking().SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken);

    private byte[] Protect(string secret) => protection.Protect(SecretProtection.WebhookSecret, secret);

    private string Unprotect(byte[] secret) => Encoding.ASCII.GetString(protection.Unprotect(SecretProtection.WebhookSecret, secret));
}
