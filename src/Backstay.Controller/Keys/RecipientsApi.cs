using System.Text;
using Backstay.Archive;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Keys;

/// <summary>Public keys: they come in unconfirmed, and somebody who has the fingerprint from its owner confirms them.</summary>
internal static class RecipientsApi
{
    /// <summary>All their wraps have to fit into an envelope of 64 KiB, each with a key of up to 16,384 bits.</summary>
    private const int MaxRecipients = 20;

    private const int MaxKeyLength = 256 * 1024;
    private const int MaxName = 128;

    public static async Task<Results<Ok<BackupKey>, ApiErrorResult>> ImportAsync(
        HttpContext context,
        CatalogContext catalog,
        AuditTrail audit,
        IOptions<KeyOptions> options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(context.Request, AdminJson.Default.BackupKeyImport, cancellationToken);
        if (wish is null)
            return error!;
        if (Check(wish) is { } wrong)
            return wrong;

        var (bytes, now) = (BytesOf(wish.PublicKey!), time.GetUtcNow());
        Recipient recipient;
        try
        {
            recipient = Recipient.Parse(bytes, now);
            using var trial = SessionKey.Generate();
            Envelope.Wrap(trial, [], [recipient]);
        }
        catch (ArchiveException exception)
        {
            return ApiErrors.Unprocessable([new FieldError("publicKey", exception.Message)]);
        }

        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var key = await catalog.BackupKeys.SingleOrDefaultAsync(k => k.Fingerprint == recipient.Fingerprint, cancellationToken);
        var count = await catalog.BackupKeys.CountAsync(k => k.Kind == BackupKeyKind.Recipient && k.Retired == null, cancellationToken);
        if (key is null or { Retired: not null } && count >= MaxRecipients)
            return ApiErrors.Conflict(ErrorIds.Conflict, $"There are {count} public keys already, which is the most. Remove one first.");

        audit.Add(
            key is null ? "backup-key.import" : "backup-key.renew",
            wish.Name ?? key?.Name ?? NameOf(recipient),
            $"{recipient.Fingerprint}, expires {recipient.Expires?.ToString("u") ?? "never"}");
        if (key is null)
        {
            key = new BackupKeyEntity
            {
                Id = Guid.CreateVersion7(now),
                Kind = BackupKeyKind.Recipient,
                Name = NameOf(recipient),
                Created = now,
                Fingerprint = recipient.Fingerprint,
            };
            catalog.BackupKeys.Add(key);
        }
        else if (key.Retired is not null)
        {
            // Somebody took it out on purpose: whoever wants it back says again that it is the right one.
            (key.Retired, key.Confirmed, key.ConfirmedBy) = (null, null, null);
        }

        key.Name = wish.Name ?? key.Name;
        key.PublicKey = bytes;
        if (key.SubkeyId is { } former && former != recipient.KeyId)
            key.FormerSubkeys = [.. (key.FormerSubkeys ?? []).Append(former).Where(id => id != recipient.KeyId).Distinct()];
        key.SubkeyId = recipient.KeyId;
        key.UserIds = [.. recipient.UserIds.Take(16).Select(id => Line(id, 256))];
        key.Expires = recipient.Expires;
        key.Told = ExpiryTold.Nothing;
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        context.Response.Headers.Location = $"/admin/backup-keys/{key.Id}";
        return TypedResults.Ok(BackupKeysApi.ToWire(key, now, options.Value));
    }

    public static async Task<Results<Ok<BackupKey>, ApiErrorResult>> ConfirmAsync(
        RouteId id,
        HttpRequest request,
        Caller caller,
        CatalogContext catalog,
        AuditTrail audit,
        IOptions<KeyOptions> options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var key = await catalog.BackupKeys.SingleOrDefaultAsync(k => k.Id == id.Value, cancellationToken);
        if (key is null)
            return BackupKeysApi.NotFound();

        var (confirmation, error) = await RequestBody.ReadAsync(request, AdminJson.Default.FingerprintConfirmation, cancellationToken);
        if (confirmation is null)
            return error!;
        if (key.Fingerprint is null)
            return ApiErrors.Conflict(ErrorIds.Conflict, $"{key.Name} is a passphrase: only public keys have a fingerprint to confirm.");
        if (key.Retired is not null)
            return ApiErrors.Conflict(ErrorIds.Conflict, $"The key {key.Name} is retired. Import it again, then confirm it.");
        if (!string.Equals(Plain(confirmation.Fingerprint), key.Fingerprint, StringComparison.OrdinalIgnoreCase))
        {
            return ApiErrors.PreconditionFailed(
                ErrorIds.FingerprintDiffers,
                $"That isn't the fingerprint of the key {key.Name}. Ask its owner for the whole fingerprint, on another way than the key came; if it "
                + "isn't the one that is listed here, the key is somebody else's: remove it.");
        }

        var now = time.GetUtcNow();
        if (key.Confirmed is null)
        {
            (key.Confirmed, key.ConfirmedBy) = (now, caller.Name);
            audit.Add("backup-key.confirm", key.Name, key.Fingerprint);
            await catalog.SaveChangesAsync(cancellationToken);
        }

        return TypedResults.Ok(BackupKeysApi.ToWire(key, now, options.Value));
    }

    private static ApiErrorResult? Check(BackupKeyImport wish)
    {
        var errors = new FieldErrors();
        if (string.IsNullOrWhiteSpace(wish.PublicKey))
            errors.Add("publicKey", "is required: gpg --armor --export NAME");
        errors.Text("publicKey", wish.PublicKey, MaxKeyLength);
        if (wish.Name is not null)
            errors.Name("name", wish.Name, MaxName);
        return errors.Refusal;
    }

    /// <summary>Armor is text; what isn't may be the bytes themselves in Base64. What is neither is refused as a key that it isn't.</summary>
    private static byte[] BytesOf(string publicKey)
    {
        var bytes = new byte[publicKey.Length];
        return !publicKey.TrimStart().StartsWith('-') && Convert.TryFromBase64String(publicKey, bytes, out var length)
            ? bytes[..length]
            : Encoding.UTF8.GetBytes(publicKey);
    }

    private static string NameOf(Recipient recipient) =>
        recipient.UserIds is [var first, ..] && Line(first, MaxName) is { Length: > 0 } name ? name : recipient.Fingerprint;

    /// <summary>What a key says of itself is anybody's text.</summary>
    private static string Line(string text, int maxLength) =>
        new string([.. text.Where(c => !char.IsControl(c)).Take(maxLength)]).Trim();

    private static string Plain(string? fingerprint) => new([.. (fingerprint ?? "").Where(c => !char.IsWhiteSpace(c) && c != ':')]);
}
