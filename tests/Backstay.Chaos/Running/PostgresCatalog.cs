using Backstay.TestServers;
using Npgsql;

namespace Backstay.Chaos.Running;

/// <summary>A PostgreSQL of the installation's own, behind a relay.</summary>
internal sealed class PostgresCatalog : CatalogSide, IBackingServer
{
    private readonly PostgresServer _server;
    private readonly string _direct;

    private PostgresCatalog(PostgresServer server, string direct)
    {
        (_server, _direct) = (server, direct);
        Link = new Relay(server.Port);
        var throughRelay = new NpgsqlConnectionStringBuilder(direct) { Port = Link.Port };
        Settings = new Dictionary<string, string>
        {
            ["Catalog__Provider"] = "postgres",
            ["Catalog__ConnectionString"] = throughRelay.ConnectionString,
        };
    }

    public override IReadOnlyDictionary<string, string> Settings { get; }

    public override IBackingServer Server => this;

    public Relay Link { get; }

    public static async Task<PostgresCatalog> StartAsync(CancellationToken cancellationToken)
    {
        var server = await PostgresServer.StartAsync(cancellationToken: cancellationToken);
        try
        {
            return new(server, await server.CreateDatabaseAsync(cancellationToken: cancellationToken));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public Task KillAsync(CancellationToken cancellationToken) => _server.StopAsync(PostgresStop.Kill, cancellationToken);

    public Task RestartAsync(CancellationToken cancellationToken) => _server.StartAgainAsync(cancellationToken);

    public override async Task<long> CountPartsAsync(CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(_direct + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT count(*) FROM parts", connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public override async ValueTask DisposeAsync()
    {
        await Link.DisposeAsync();
        await _server.DisposeAsync();
    }
}
