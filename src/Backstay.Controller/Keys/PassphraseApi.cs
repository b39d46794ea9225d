using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Settings;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Keys;

/// <summary>A new passphrase for new archives, and the old ones for the old archives.</summary>
internal static class PassphraseApi
{
    public static async Task<Results<Ok<BackupKey>, ApiErrorResult>> RotateAsync(
        HttpRequest request,
        CatalogContext catalog,
        Passphrases passphrases,
        AuditTrail audit,
        IOptions<KeyOptions> options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var (wish, error) = await RequestBody.ReadAsync(request, AdminJson.Default.PassphraseRotation, cancellationToken);
        if (wish is null)
            return error!;
        if (Check(wish) is { } wrong)
            return wrong;

        var prepared = await passphrases.PrepareAsync(wish.Passphrase!, cancellationToken);
        await using var transaction = await catalog.BeginAloneAsync(cancellationToken);
        var settings = await catalog.Settings.SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken);
        if (settings.ProtectedBackupPassphrase.AsSpan().SequenceEqual(prepared.Protected))
            return ApiErrors.Unprocessable([new FieldError("passphrase", "is the one that is in force already")]);

        var key = await passphrases.ApplyAsync(settings, prepared, wish.Name, cancellationToken);
        audit.Add("backup-key.rotate", key.Name, key.Id.ToString());
        await catalog.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return TypedResults.Ok(BackupKeysApi.ToWire(key, time.GetUtcNow(), options.Value));
    }

    public static async Task<Results<Ok<RevealedPassphrase>, ApiErrorResult>> RevealAsync(
        RouteId id,
        HttpResponse response,
        CatalogContext catalog,
        BackupKeyring keyring,
        AuditTrail audit,
        CancellationToken cancellationToken)
    {
        var key = await catalog.BackupKeys.AsNoTracking()
            .SingleOrDefaultAsync(k => k.Id == id.Value && k.Kind == BackupKeyKind.Passphrase, cancellationToken);
        if (key is null)
            return ApiErrors.NotFound("passphrase");

        // The line first: no passphrase leaves without it.
        var revealed = new RevealedPassphrase(key.Id, keyring.Reveal(key));
        audit.Add("backup-key.reveal", key.Name, key.Id.ToString());
        await catalog.SaveChangesAsync(cancellationToken);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(revealed);
    }

    private static ApiErrorResult? Check(PassphraseRotation wish)
    {
        var errors = new FieldErrors();
        if (wish.Passphrase is null)
            errors.Add("passphrase", "is required");
        else if (!GlobalSettingsApi.IsPassphrase(wish.Passphrase))
            errors.Add("passphrase", GlobalSettingsApi.PassphraseRule);
        if (wish.Name is not null)
            errors.Name("name", wish.Name);
        return errors.Refusal;
    }
}
