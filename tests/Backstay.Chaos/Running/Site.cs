using Backstay.Chaos.Matrix;

namespace Backstay.Chaos.Running;

/// <summary>What all installations of a run stand on.</summary>
internal sealed class Site : IAsyncDisposable
{
    private readonly ChaosOptions _options;

    private Site(ChaosOptions options) => _options = options;

    public static Task<Site> StartAsync(ChaosOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(new Site(options));
    }

    /// <summary>Starts an installation with a catalog and a store of its own.</summary>
    public async Task<Installation> InstallAsync(int lane, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_options.Folder, $"lane-{lane}")).FullName;
        return await Installation.StartAsync(
            folder,
            _options.Controllers,
            new SqliteCatalog(Path.Combine(folder, "catalog.db")),
            new FolderStore(Path.Combine(folder, "store")),
            new Chance(_options.Seed + (ulong)lane),
            cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
