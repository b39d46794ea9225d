using Backstay.Archive;
using Backstay.Controller.Api;
using Backstay.Controller.Backups;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Backstay.Controller.Keys;

/// <summary>
/// Which keys open an archive, by its envelope. What the backup's row recorded counts; of an archive that the catalog doesn't list any more,
/// public keys are known by their subkeys, former ones too, and the passphrases that are kept are tried.
/// </summary>
internal sealed class WhichKeys(CatalogContext catalog, BackupKeyring keyring, Passphrases passphrases, EnvelopeTurns turns, TimeProvider time)
{
    /// <summary>No envelope of ours has more wraps.</summary>
    private const int MaxWraps = 32;

    /// <summary>An archive has one passphrase. A tenth of a second goes into each try, so a made-up envelope isn't tried at all.</summary>
    private const int MaxTriedWraps = 4;

    public static async Task<Results<Ok<ArchiveKeys>, ApiErrorResult>> HandleAsync(
        HttpRequest request, WhichKeys which, CancellationToken cancellationToken)
    {
        var (body, error) = await RequestBody.ReadAsync(request, AdminJson.Default.ArchiveHead, cancellationToken);
        if (body is null)
            return error!;

        var head = new byte[body.Head?.Length ?? 0];
        if (body.Head is null || !Convert.TryFromBase64String(body.Head, head, out var length))
            return ApiErrors.Unprocessable([new FieldError("head", "is required: the first bytes of an archive in Base64")]);
        try
        {
            return TypedResults.Ok(await which.RunAsync(head[..length], cancellationToken));
        }
        catch (ArchiveException exception)
        {
            return ApiErrors.Unprocessable([new FieldError("head", exception.Message)]);
        }
    }

    private async Task<ArchiveKeys> RunAsync(byte[] head, CancellationToken cancellationToken)
    {
        var envelope = await EnvelopeInspector.InspectAsync(new MemoryStream(head), cancellationToken);
        var recorded = await RecordedAsync([.. envelope.PassphraseWrapIds, .. envelope.RecipientKeyIds], cancellationToken);
        var unknown = envelope.PassphraseWrapIds.Except(recorded.Keys).ToList();
        if (unknown.Count is > 0 and <= MaxTriedWraps)
            await TryAsync(head, unknown, recorded, cancellationToken);

        var keys = await catalog.BackupKeys.AsNoTracking().ToListAsync(cancellationToken);
        return new ArchiveKeys(
        [
            .. envelope.RecipientKeyIds.Select(wrap => Known(
                wrap, BackupKeyKind.Recipient, keys.Find(k => Had(k, wrap) || Is(k, recorded.GetValueOrDefault(wrap))))),
            .. envelope.PassphraseWrapIds.Select(wrap => Known(
                wrap, BackupKeyKind.Passphrase, keys.Find(k => Is(k, recorded.GetValueOrDefault(wrap))))),
        ]);

        KnownWrap Known(string wrap, BackupKeyKind kind, BackupKeyEntity? key) => key is null
            ? new KnownWrap(wrap, kind, recorded.GetValueOrDefault(wrap))
            : new KnownWrap(wrap, kind, key.Fingerprint ?? key.Id.ToString(), key.Name, key.StateAt(time.GetUtcNow()));
    }

    private static bool Had(BackupKeyEntity key, string subkey) => key.SubkeyId == subkey || key.FormerSubkeys?.Contains(subkey) == true;

    private static bool Is(BackupKeyEntity key, string? id) => id is not null && (key.Fingerprint ?? key.Id.ToString()) == id;

    /// <summary>By wrap, the id of the key. The wraps of one archive are recorded together, so one look tells of all of them.</summary>
    private async Task<Dictionary<string, string>> RecordedAsync(IReadOnlyList<string> wraps, CancellationToken cancellationToken)
    {
        Dictionary<string, string> found = [];
        foreach (var wrap in wraps.Take(MaxWraps))
        {
            if (found.ContainsKey(wrap))
                continue;

            var pattern = $"%\"{wrap}\"%";
            var json = await catalog.Backups
                .Where(b => b.Keys != null && EF.Functions.Like(b.Keys, pattern))
                .Select(b => b.Keys)
                .FirstOrDefaultAsync(cancellationToken);
            foreach (var key in OpeningKeys.Parse(json) ?? [])
                found[key.Wrap] = key.Id;
        }

        return found;
    }

    private async Task TryAsync(byte[] head, List<string> unknown, Dictionary<string, string> found, CancellationToken cancellationToken)
    {
        foreach (var key in await passphrases.AllAsync(cancellationToken))
        {
            var text = keyring.Reveal(key);
            var wrap = await await turns.RunAsync(
                () => EnvelopeInspector.FindWrapAsync(new MemoryStream(head), text, cancellationToken), cancellationToken);
            if (wrap is not null)
                found[wrap] = key.Id.ToString();
            if (unknown.TrueForAll(found.ContainsKey))
                return;
        }
    }
}
