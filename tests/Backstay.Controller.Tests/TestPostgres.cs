using Backstay.Controller.Catalog;
using Backstay.Controller.Tests;
using Backstay.TestServers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestPostgres))]

namespace Backstay.Controller.Tests;

/// <summary>
/// The PostgreSQL server that the tests of this process share, each with a database of its own. It starts when the first one asks.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private const string Template = "migrated";

    private readonly Lazy<Task<PostgresServer>> _server = new(StartAsync);

    /// <summary>Whether the catalogs of this run are on PostgreSQL: BACKSTAY_TEST_CATALOG is <c>postgres</c>, not <c>sqlite</c>.</summary>
    public static bool IsAsked => Environment.GetEnvironmentVariable("BACKSTAY_TEST_CATALOG") switch
    {
        null or "" or "sqlite" => false,
        "postgres" => true,
        var other => throw new InvalidOperationException($"BACKSTAY_TEST_CATALOG is {other}, not sqlite or postgres."),
    };

    public static async Task<TestPostgres> CurrentAsync() =>
        (TestPostgres?)await TestContext.Current.GetFixture(typeof(TestPostgres)) ?? throw new InvalidOperationException("not within a test");

    /// <summary>How to connect to the database of this name; where there is none, one is made: with the catalog's tables, or without any.</summary>
    public async Task<string> DatabaseAsync(string name, bool migrated = true)
    {
        var server = await _server.Value;
        try
        {
            return await server.CreateDatabaseAsync(name, migrated ? Template : null);
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.DuplicateDatabase)
        {
            return server.ConnectionString(name);
        }
    }

    public async Task DropAsync(string name) => await (await _server.Value).DropDatabaseAsync(name);

    /// <summary>The settings of a controller on a new, empty database.</summary>
    public async Task<Dictionary<string, string?>> SettingsAsync() => new()
    {
        ["Catalog:Provider"] = "postgres",
        ["Catalog:ConnectionString"] = await DatabaseAsync($"empty-{Guid.NewGuid():N}", migrated: false),
    };

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }

    private static async Task<PostgresServer> StartAsync()
    {
        var server = await PostgresServer.StartAsync();
        var options = new DbContextOptionsBuilder<PostgresCatalogContext>()
            .UseNpgsql(await server.CreateDatabaseAsync(Template) + ";Pooling=false")
            .Options;
        await using var catalog = new PostgresCatalogContext(options);
        await catalog.Database.MigrateAsync();
        return server;
    }
}
