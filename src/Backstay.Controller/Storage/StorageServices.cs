using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

internal static class StorageServices
{
    /// <summary>The store for archive bytes, and the sweep of what nobody claims in it.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptions<FolderStoreOptions>()
            .BindConfiguration(FolderStoreOptions.Section)
            .PostConfigure<IOptions<DataOptions>>((store, data) =>
                store.Folder = store.Folder is "" ? Path.Combine(data.Value.Folder, "store") : store.Folder)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddSingleton<IArchiveStore, FolderArchiveStore>();
        services.AddHostedService<OrphanSweep>();
        services.AddOptions<QuotaOptions>().BindConfiguration(QuotaOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<StorageMetrics>();
        services.AddSingleton<StoreRoom>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreRoom>());
        services.AddHealthChecks().AddCheck<StoreRoomHealth>("store-room");
        return services;
    }
}
