using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Xunit;

namespace Backstay.Agent.Tests.Sources;

public sealed class PostgreSqlSourceTests : SourceTest, IAsyncLifetime
{
    private const string OddName = "it's=a \"name\"/..";
    private PostgreSqlServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await PostgreSqlServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        Dispose();
    }

    [Fact]
    public async Task All_databases_and_the_roles_are_dumped_so_that_they_can_be_restored()
    {
        var password = _server.PasswordFile(Folder);
        await _server.SqlAsync(password, "postgres", "CREATE ROLE clerk LOGIN PASSWORD 'x'");
        await _server.SqlAsync(password, "postgres", "CREATE DATABASE app OWNER clerk");
        await _server.SqlAsync(password, "postgres", "CREATE DATABASE \"it's=a \"\"name\"\"/..\"");
        await _server.SqlAsync(password, "app", "CREATE TABLE t AS SELECT generate_series(1, 50000) AS n");

        var (files, warnings) = await CollectAsync(ArchiveSection.State, Settings(password));

        Assert.Empty(warnings);
        Assert.Contains("CREATE ROLE clerk", files["state/databases/postgresql/globals.sql"].Text(), StringComparison.Ordinal);
        Assert.Contains("state/databases/postgresql/postgres.dump", files.Keys);
        Assert.Contains($"state/databases/postgresql/{Uri.EscapeDataString(OddName)}.dump", files.Keys);

        var dump = Folder.Of("app.dump");
        await File.WriteAllBytesAsync(dump, files["state/databases/postgresql/app.dump"]);
        await _server.SqlAsync(password, "postgres", "CREATE DATABASE restored");
        await Shell.RunAsync(
            "env", $"PGPASSFILE={password}", "pg_restore", "-h", "127.0.0.1", "-p", $"{_server.Port}", "-U", "admin", "-d", "restored", dump);
        Assert.Equal("50000|1250025000\n", await _server.SqlAsync(password, "restored", "SELECT count(*), sum(n) FROM t"));
    }

    [Fact]
    public async Task One_database_can_be_named()
    {
        var password = _server.PasswordFile(Folder);
        await _server.SqlAsync(password, "postgres", "CREATE DATABASE app");

        var (files, _) = await CollectAsync(ArchiveSection.State, Settings(password) with { Database = "app", Globals = false });

        Assert.Equal(
            ["state/databases/postgresql/app.dump"],
            files.Keys.Where(name => name.StartsWith("state/databases/postgresql/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_wrong_password_fails_the_source_with_what_the_server_said()
    {
        var failed = await Assert.ThrowsAsync<SourceFailedException>(
            () => CollectAsync(ArchiveSection.State, Settings(_server.PasswordFile(Folder, "wrong one"))));

        Assert.Contains("password authentication failed", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_fails_the_source()
    {
        var failed = await Assert.ThrowsAsync<SourceFailedException>(() => CollectAsync(
            ArchiveSection.State, Settings(_server.PasswordFile(Folder)) with { Database = "nowhere", Globals = false }));

        Assert.Contains("\"nowhere\" does not exist", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_knows_the_databases_and_their_sizes()
    {
        var source = new PostgreSqlSource(ArchiveSection.State, Settings(_server.PasswordFile(Folder)), TimeProvider.System);

        var estimate = await source.EstimateAsync(default);

        Assert.Equal(2, estimate.Files); // postgres, and the globals
        Assert.True(estimate.Bytes > 1_000_000);
        Assert.Empty(await source.CheckAsync(default));
    }

    private PostgreSqlSettings Settings(string passwordFile) =>
        new(null, true, "127.0.0.1", _server.Port, "admin", passwordFile, null, "postgresql", TimeSpan.FromMinutes(2));
}
