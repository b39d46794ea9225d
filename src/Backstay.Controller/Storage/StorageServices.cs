using Backstay.Controller.Hosting;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

internal static partial class StorageServices
{
    /// <summary>The store for archive bytes, and the sweep of what nobody claims in it.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptions<StorageOptions>().BindConfiguration(StorageOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<FolderStoreOptions>()
            .BindConfiguration(FolderStoreOptions.Section)
            .PostConfigure<IOptions<DataOptions>>((store, data) =>
                store.Folder = store.Folder is "" ? Path.Combine(data.Value.Folder, "store") : store.Folder)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddOptions<S3StoreOptions>().BindConfiguration(S3StoreOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<S3StoreOptions>, S3StoreValidation>();
        services.AddSingleton(provider => OpenedStore.Open(provider, Options.DefaultName));
        services.AddSingleton<StoreIdentity>();
        services.AddSingleton<IArchiveStore>(provider => new KnownStore(
            provider.GetRequiredService<OpenedStore>().Store, provider.GetRequiredService<StoreIdentity>()));
        services.AddSingleton<FinishedArchives>();
        services.AddHostedService<OrphanSweep>();
        services.AddOptions<QuotaOptions>().BindConfiguration(QuotaOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<StorageMetrics>();
        services.AddSingleton<StoreRoom>();
        services.AddHostedService(provider => provider.GetRequiredService<StoreRoom>());
        services.AddSingleton<StoreHealth>();
        services.AddHealthChecks().AddCheck<StoreHealth>("store").AddCheck<StoreRoomHealth>("store-room");
        return services;
    }

    /// <summary>
    /// Tries everything that the store has to be able to do. A store that refuses is a mistake in the configuration; one that can't be
    /// reached, or is full, may be well again in a minute: the controller starts, and says 503 and <c>store-full</c> until then.
    /// </summary>
    /// <exception cref="StartupException">The store refuses something.</exception>
    public static async Task CheckStoreAsync(this WebApplication app)
    {
        await foreach (var finding in app.Services.GetRequiredService<OpenedStore>().Check.RunAsync(app.Lifetime.ApplicationStopping))
        {
            if (finding.Fault is { Lasting: true } refusal)
                throw new StartupException($"The archive store can't be used: {refusal.Message}");
            if (finding.Fault is { } fault)
                Log.NotReady(app.Logger, fault.Message);
        }
    }

    /// <summary>The store is the one whose archives the catalog lists, or becomes it; to be called with the catalog at hand.</summary>
    /// <exception cref="StartupException">It is another one, or its folder isn't mounted.</exception>
    public static async Task IdentifyStoreAsync(this WebApplication app)
    {
        try
        {
            if (await app.Services.GetRequiredService<StoreIdentity>().SettleAsync(mark: true, app.Lifetime.ApplicationStopping) is { } problem)
                throw new StartupException($"The archive store can't be used: {problem}");
        }
        catch (ArchiveStoreException exception)
        {
            Log.NotReady(app.Logger, exception.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The archive store isn't ready: {Fault}")]
        public static partial void NotReady(ILogger logger, string fault);
    }
}
