using System.Linq.Expressions;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Keys;

/// <summary>The keys that open archives: passphrases by their ids, and public keys. No answer but that of <c>reveal</c> has a secret in it.</summary>
internal static class BackupKeysApi
{
    private static readonly ListShape<BackupKeyEntity> Shape = new()
    {
        Orders = new Dictionary<string, Expression<Func<BackupKeyEntity, object?>>>
        {
            ["name"] = key => key.Name,
            ["created"] = key => key.Created,
            ["expires"] = key => key.Expires,
            ["id"] = key => key.Id,
        },
        Holds = pattern => key => EF.Functions.Like(key.Name, pattern, @"\") || EF.Functions.Like(key.Fingerprint, pattern, @"\"),
        Filters = new Dictionary<string, Func<string, Expression<Func<BackupKeyEntity, bool>>?>>
        {
            ["kind"] = value => Enum.TryParse<BackupKeyKind>(value, ignoreCase: true, out var kind) && Enum.IsDefined(kind)
                ? key => key.Kind == kind
                : null,
            ["fingerprint"] = value => key => key.Fingerprint == value,
        },
    };

    public static IEndpointRouteBuilder MapBackupKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/admin/backup-keys").WithTags("Keys").Refuses(401, 403);
        var reading = keys.MapGroup("").RequirePrivilege(PrivilegeType.View, PrivilegeTarget.GlobalSetting);
        reading.MapGet("", ListAsync)
            .Refuses(400)
            .WithSummary("List backup keys")
            .WithDescription("All that open archives of this installation, retired ones included. `filterBy` takes `kind` and `fingerprint`.");
        reading.MapGet("/{id}", GetAsync)
            .Refuses(404)
            .WithSummary("Read a backup key")
            .WithDescription("A passphrase by its id, or a public key by its fingerprint; whether it is in force. Neither shows a secret.");
        reading.MapPost("/which", WhichKeys.HandleAsync)
            .Takes(typeof(ArchiveHead))
            .Refuses(400, 413, 422)
            .WithSummary("See which keys open an archive")
            .WithDescription("By the first bytes of any archive, whether the catalog still lists it or not. Changes nothing.");
        reading.MapGet("/recovery", RecoveryApi.HandleAsync)
            .WithSummary("Read what belongs on a recovery sheet")
            .WithDescription("Where the archives lie, and the keys by id and fingerprint. No passphrase is in it.");

        var changing = keys.MapGroup("").RequirePrivilege(PrivilegeType.Edit, PrivilegeTarget.GlobalSetting);
        changing.MapPost("", RecipientsApi.ImportAsync)
            .Takes(typeof(BackupKeyImport))
            .Refuses(400, 409, 413, 422)
            .WithSummary("Import a public key")
            .WithDescription("One OpenPGP public key that can encrypt and hasn't expired (422). New archives are sealed to it once its fingerprint is "
                + "confirmed. A key with a known fingerprint is renewed: it stays confirmed if it was in force.");
        changing.MapPost("/{id}/confirm", RecipientsApi.ConfirmAsync)
            .Takes(typeof(FingerprintConfirmation))
            .Refuses(400, 404, 409, 412, 413)
            .WithSummary("Confirm the fingerprint of a public key")
            .WithDescription("Refused (412) when the fingerprint is another one than the key's. From then on new archives are sealed to it.");
        changing.MapDelete("/{id}", RemoveKey.HandleAsync)
            .Refuses(404, 409, 412)
            .WithSummary("Remove a key")
            .WithDescription("A key in force is retired: nothing new is sealed to it, and it stays known. Refused (412) when it is the last one and the "
                + "backup API is enabled. Any other is forgotten, unless an archive needs it (409).");
        changing.MapPost("/rotate-passphrase", PassphraseApi.RotateAsync)
            .Takes(typeof(PassphraseRotation))
            .Refuses(400, 413, 422)
            .WithSummary("Rotate the backup passphrase")
            .WithDescription("The same as `backupPassphrase` in the settings. Archives that are there stay sealed to the passphrase of their day, which "
                + "stays known by its id.");
        keys.MapPost("/{id}/reveal", PassphraseApi.RevealAsync)
            .RequirePrivilege(PrivilegeType.Export, PrivilegeTarget.GlobalSetting)
            .Refuses(404)
            .WithSummary("Reveal a passphrase")
            .WithDescription("In clear. A line of the audit log says who asked for which.");
        return app;
    }

    public static BackupKey ToWire(BackupKeyEntity key, DateTimeOffset now, KeyOptions options)
    {
        var state = key.StateAt(now);
        var isRecipient = key.Kind == BackupKeyKind.Recipient;
        return new BackupKey(
            key.Id,
            key.Kind,
            key.Name,
            state,
            key.Fingerprint,
            key.SubkeyId,
            isRecipient ? key.UserIds : null,
            key.Expires,
            state == BackupKeyState.Active && key.Expires <= now + options.ExpiryWarning,
            key.Created,
            isRecipient ? key.Confirmed : null,
            key.ConfirmedBy,
            key.Retired,
            key.FormerSubkeys);
    }

    public static ApiErrorResult NotFound() => ApiErrors.NotFound("backup key");

    private static async Task<Results<Ok<PagedList<BackupKey>>, ApiErrorResult>> ListAsync(
        [AsParameters] ListQuery query,
        CatalogContext catalog,
        Passphrases passphrases,
        IOptions<KeyOptions> options,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        await passphrases.InForceAsync(cancellationToken);
        var now = time.GetUtcNow();
        var (list, error) = await query.PageAsync(
            catalog.BackupKeys.AsNoTracking(), Shape, key => ToWire(key, now, options.Value), cancellationToken);
        return error is null ? TypedResults.Ok(list!) : error;
    }

    private static async Task<Results<Ok<BackupKey>, ApiErrorResult>> GetAsync(
        RouteId id, CatalogContext catalog, IOptions<KeyOptions> options, TimeProvider time, CancellationToken cancellationToken) =>
        await catalog.BackupKeys.AsNoTracking().SingleOrDefaultAsync(k => k.Id == id.Value, cancellationToken) is { } key
            ? TypedResults.Ok(ToWire(key, time.GetUtcNow(), options.Value))
            : NotFound();
}
