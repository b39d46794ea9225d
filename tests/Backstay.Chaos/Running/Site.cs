using Backstay.Chaos.Matrix;
using Backstay.TestServers;

namespace Backstay.Chaos.Running;

/// <summary>What all installations of a run stand on.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly ChaosOptions _options;
    private readonly SharedGateway? _gateway;

    private Site(ChaosOptions options, SharedGateway? gateway) => (_options, _gateway) = (options, gateway);

    public static async Task<Site> StartAsync(ChaosOptions options) =>
        new(options, options.Store == StoreKind.S3 ? new SharedGateway(await CephCluster.StartAsync()) : null);

    /// <summary>Starts an installation with a catalog and a store of its own.</summary>
    /// <param name="appliances">Which there are; null for the usual ones.</param>
    public async Task<Installation> InstallAsync(
        int lane, CancellationToken cancellationToken, IReadOnlyList<ApplianceKind>? appliances = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_options.Folder, $"lane-{lane}")).FullName;
        var catalog = await StartCatalogAsync(folder, cancellationToken);
        StoreSide store;
        try
        {
            store = _gateway is null
                ? new FolderStore(Path.Combine(folder, "store"))
                : await S3Store.StartAsync(_gateway, $"lane-{lane}", cancellationToken);
        }
        catch
        {
            await catalog.DisposeAsync();
            throw;
        }

        var chance = new Chance(_options.Seed + (ulong)lane);
        return await Installation.StartAsync(folder, _options.Controllers, catalog, store, appliances, chance, cancellationToken);
    }

    public ValueTask DisposeAsync() => _gateway?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<CatalogSide> StartCatalogAsync(string folder, CancellationToken cancellationToken) =>
        _options.Catalog == CatalogKind.Postgres
            ? await PostgresCatalog.StartAsync(cancellationToken)
            : new SqliteCatalog(Path.Combine(folder, "catalog.db"));
}
