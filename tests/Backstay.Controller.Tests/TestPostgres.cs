using System.Collections.Concurrent;
using Backstay.Controller.Catalog;
using Backstay.Controller.Tests;
using Backstay.TestServers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestPostgres))]

namespace Backstay.Controller.Tests;

/// <summary>
/// The PostgreSQL server that the tests of this process share, each with a database of its own. It starts when the first one asks. A
/// database whose test is over is emptied for the next one, and connections to it stay: to make a database and a dozen processes that
/// serve it takes longer than most tests.
/// </summary>
public sealed class TestPostgres : IAsyncDisposable
{
    private const string Template = "migrated";

    /// <summary>As the migrations left it: without a row, and numbers begin again. Triggers, which keep the audit log whole, don't fire.</summary>
    private const string Empty =
        """
        SET session_replication_role = replica;
        DO $$
        DECLARE
          name text;
          filled boolean;
          names text[];
        BEGIN
          FOR name IN SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> '__EFMigrationsHistory' LOOP
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || name || ')' INTO filled;
            IF filled THEN
              names := names || name;
            END IF;
          END LOOP;
          IF names IS NOT NULL THEN
            EXECUTE 'TRUNCATE ' || array_to_string(names, ', ') || ' RESTART IDENTITY CASCADE';
          END IF;
        END $$
        """;

    private readonly Lazy<Task<PostgresServer>> _server = new(StartAsync);

    /// <summary>By what a test calls it.</summary>
    private readonly ConcurrentDictionary<string, Lazy<Task<string>>> _used = new();
    private readonly ConcurrentBag<string> _free = [];
    private int _made;

    /// <summary>Whether the catalogs of this run are on PostgreSQL: BACKSTAY_TEST_CATALOG is <c>postgres</c>, not <c>sqlite</c>.</summary>
    public static bool IsAsked => Environment.GetEnvironmentVariable("BACKSTAY_TEST_CATALOG") switch
    {
        null or "" or "sqlite" => false,
        "postgres" => true,
        var other => throw new InvalidOperationException($"BACKSTAY_TEST_CATALOG is {other}, not sqlite or postgres."),
    };

    public static async Task<TestPostgres> CurrentAsync() =>
        (TestPostgres?)await TestContext.Current.GetFixture(typeof(TestPostgres)) ?? throw new InvalidOperationException("not within a test");

    /// <summary>How to connect to what a test calls its database; it has the catalog's tables, and nothing in them at first.</summary>
    public async Task<string> DatabaseAsync(string name)
    {
        var database = await _used.GetOrAdd(name, _ => new(FreeAsync)).Value;

        // Those of a database that no test has wanted for a while go.
        return (await _server.Value).ConnectionString(database) + ";Connection Idle Lifetime=20;Connection Pruning Interval=5";
    }

    /// <summary>The test is over, and nothing of it uses the database any more.</summary>
    public async Task ReturnAsync(string name)
    {
        if (!_used.TryRemove(name, out var used))
            return;
        var database = await used.Value;
        await using var connection = new NpgsqlConnection((await _server.Value).ConnectionString(database));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Empty, connection);
        await command.ExecuteNonQueryAsync();
        _free.Add(database);
    }

    /// <summary>The settings of a controller on a new, empty database.</summary>
    public async Task<Dictionary<string, string?>> SettingsAsync() => new()
    {
        ["Catalog:Provider"] = "postgres",
        ["Catalog:ConnectionString"] = await (await _server.Value).CreateDatabaseAsync(),
    };

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated)
            await (await _server.Value).DisposeAsync();
    }

    private async Task<string> FreeAsync()
    {
        if (_free.TryTake(out var database))
            return database;
        database = $"catalog-{Interlocked.Increment(ref _made)}";
        await (await _server.Value).CreateDatabaseAsync(database, Template);
        return database;
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
