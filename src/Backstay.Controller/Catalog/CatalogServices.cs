using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
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

        // Both are described; what isn't asked for is never made.
        services.AddSingleton<CatalogReach>();
        services.AddPooledDbContextFactory<SqliteCatalogContext>((provider, options) => options
            .UseSqlite($"Data Source={OptionsOf(provider).File};Default Timeout=15")
            .ConfigureWarnings(TrustMigrations)
            .AddInterceptors(new SqlitePragmas(), provider.GetRequiredService<CatalogReach>()));
        services.AddPooledDbContextFactory<PostgresCatalogContext>((provider, options) => options
            .UseNpgsql(OptionsOf(provider).Postgres().ToString())
            .ConfigureWarnings(TrustMigrations)
            .AddInterceptors(PostgresLike.Instance, new PostgresReads(), provider.GetRequiredService<CatalogReach>()));
        services.AddSingleton<IDbContextFactory<CatalogContext>>(provider => OptionsOf(provider).Provider is CatalogProvider.Postgres
            ? new Factory<PostgresCatalogContext>(provider.GetRequiredService<IDbContextFactory<PostgresCatalogContext>>())
            : new Factory<SqliteCatalogContext>(provider.GetRequiredService<IDbContextFactory<SqliteCatalogContext>>()));
        services.AddScoped(provider => provider.GetRequiredService<IDbContextFactory<CatalogContext>>().CreateDbContext());
        services.AddScoped<CatalogStart>();
        services.AddScoped<CatalogWait>();
        services.AddSingleton<SqliteHold>();
        services.AddSingleton<WriteGate>();
        return services.AddCatalogKeys();
    }

    /// <summary>Data Protection with its keys in the catalog.</summary>
    public static IServiceCollection AddCatalogKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("backstay").PersistKeysToDbContext<CatalogContext>();
        return services;
    }

    /// <summary>
    /// Whether the migrations make the model is a question for the tests, which ask it (SeveralStartsTests). EF would compare the two at
    /// every start, in a tenth of the time that a start takes.
    /// </summary>
    private static void TrustMigrations(WarningsConfigurationBuilder warnings) => warnings.Ignore(RelationalEventId.PendingModelChangesWarning);

    private static CatalogOptions OptionsOf(IServiceProvider provider) => provider.GetRequiredService<IOptions<CatalogOptions>>().Value;

    /// <summary>The contexts of one database, as what the slices know.</summary>
    private sealed class Factory<TContext>(IDbContextFactory<TContext> contexts) : IDbContextFactory<CatalogContext>
        where TContext : CatalogContext
    {
        public CatalogContext CreateDbContext() => contexts.CreateDbContext();
    }
}
