using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Keys;

/// <summary>What somebody needs who has nothing but the store and a key.</summary>
internal static class RecoveryApi
{
    public static async Task<Ok<RecoveryFacts>> HandleAsync(
        CatalogContext catalog,
        Passphrases passphrases,
        IOptions<KeyOptions> options,
        IOptions<StorageOptions> storage,
        IOptions<FolderStoreOptions> folder,
        IOptions<S3StoreOptions> s3,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        await passphrases.InForceAsync(cancellationToken);
        var now = time.GetUtcNow();
        var settings = await catalog.Settings.AsNoTracking().SingleAsync(s => s.Id == SettingsEntity.TheId, cancellationToken);
        var keys = await catalog.BackupKeys.AsNoTracking().OrderByDescending(k => k.Created).ToListAsync(cancellationToken);
        return TypedResults.Ok(new RecoveryFacts(
            settings.CollectiveName,
            settings.CollectiveId,
            now,
            storage.Value.Provider is StoreProvider.S3 ? Describe(s3.Value) : $"folder {Path.Combine(folder.Value.Folder, "archives")} on the controller",
            [.. keys.Select(key => BackupKeysApi.ToWire(key, now, options.Value)).OrderBy(key => key.State is not BackupKeyState.Active)]));
    }

    private static string Describe(S3StoreOptions s3) =>
        $"s3://{s3.Bucket}/{s3.Prefix}archives/ at {(s3.Endpoint is "" ? $"AWS, region {s3.Region}" : s3.Endpoint)}";
}
