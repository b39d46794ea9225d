using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Catalog;

internal static class CatalogServices
{
    /// <summary>The catalog, and Data Protection with its keys in it (DESIGN section 8).</summary>
    public static IServiceCollection AddCatalog(this IServiceCollection services)
    {
        services.AddOptions<CatalogOptions>()
            .BindConfiguration(CatalogOptions.Section)
            .PostConfigure<IOptions<DataOptions>>((catalog, data) =>
                catalog.File = catalog.File is "" ? Path.Combine(data.Value.Folder, "catalog.db") : catalog.File)
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.AddPooledDbContextFactory<CatalogContext>((provider, options) => options
            .UseSqlite($"Data Source={provider.GetRequiredService<IOptions<CatalogOptions>>().Value.File};Default Timeout=15")
            .AddInterceptors(new SqlitePragmas()));
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<CatalogContext>>().CreateDbContext());
        return services.AddCatalogKeys();
    }

    /// <summary>Data Protection with its keys in the catalog.</summary>
    public static IServiceCollection AddCatalogKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("backstay").PersistKeysToDbContext<CatalogContext>();
        return services;
    }

    /// <summary>Brings the catalog to the schema of this version, before anything uses it.</summary>
    public static async Task MigrateCatalogAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<CatalogContext>().Database.MigrateAsync(cancellationToken);
    }
}
