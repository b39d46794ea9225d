using System.Diagnostics;
using System.Globalization;
using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;
using Backstay.Archive;
using Xunit;

namespace Backstay.Agent.Tests.Sources;

public sealed class SqliteSourceTests : SourceTest
{
    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public async Task A_database_that_is_written_to_is_collected_as_of_one_moment(string mode)
    {
        // Every transaction moves one from a to b: at any moment, and only at one moment, they add up to 100,000.
        var path = Folder.Of("app.db");
        await SqlAsync(path, $"""
            PRAGMA journal_mode={mode};
            CREATE TABLE t (name TEXT PRIMARY KEY, n INTEGER);
            INSERT INTO t VALUES ('a', 100000), ('b', 0);
            CREATE TABLE filler AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000)
                SELECT x, hex(randomblob(200)) AS y FROM c;
            """);
        using var stopping = new CancellationTokenSource();
        var writing = WriteAsync(path, stopping.Token);
        try
        {
            while (await MovedAsync(path) == 0)
                await Task.Delay(20);
            for (var i = 0; i < 3; i++)
            {
                var (files, warnings) = await CollectAsync(ArchiveSection.State, new SqliteSettings(path));

                var copy = Folder.Of($"copy{i}.db");
                await File.WriteAllBytesAsync(copy, files[$"state/databases/sqlite{path}"]);
                Assert.Equal("ok", await SqlAsync(copy, "PRAGMA integrity_check"));
                Assert.Equal("100000|20000", await SqlAsync(copy, "SELECT (SELECT sum(n) FROM t), (SELECT count(*) FROM filler)"));
                Assert.Empty(warnings);
            }
        }
        finally
        {
            await stopping.CancelAsync();
            Assert.True(await writing > 0);
        }
    }

    [Fact]
    public async Task What_is_only_in_the_log_of_the_database_is_collected_too()
    {
        var path = Folder.Of("app.db");
        using var holder = Start(path);
        await holder.StandardInput.WriteLineAsync(
            "PRAGMA journal_mode=wal; CREATE TABLE t (x); PRAGMA wal_checkpoint; PRAGMA wal_autocheckpoint=0; INSERT INTO t VALUES (42); SELECT 'done';");
        while (await holder.StandardOutput.ReadLineAsync() != "done")
        {
        }

        var (files, _) = await CollectAsync(ArchiveSection.State, new SqliteSettings(path));

        var copy = Folder.Of("copy.db");
        await File.WriteAllBytesAsync(copy, files[$"state/databases/sqlite{path}"]);
        Assert.Equal("42", await SqlAsync(copy, "SELECT x FROM t"));
        holder.StandardInput.Close();
        await holder.WaitForExitAsync();
    }

    [Fact]
    public async Task A_file_that_is_no_database_fails_the_source()
    {
        var path = Folder.Write("app.db", new string('x', 10_000));

        var failed = await Assert.ThrowsAsync<SourceFailedException>(() => CollectAsync(ArchiveSection.State, new SqliteSettings(path)));

        Assert.Contains($"{path} can't be read as a SQLite database", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_missing_fails_the_source_and_is_not_made()
    {
        var path = Folder.Of("app.db");

        await Assert.ThrowsAsync<SourceFailedException>(() => CollectAsync(ArchiveSection.State, new SqliteSettings(path)));

        Assert.False(File.Exists(path));
    }

    private static async Task<long> MovedAsync(string path) =>
        long.Parse(await SqlAsync(path, "SELECT n FROM t WHERE name = 'b'"), CultureInfo.InvariantCulture);

    private static async Task<string> SqlAsync(string path, string sql)
    {
        var output = await Shell.RunAsync("sqlite3", "-batch", "-cmd", ".timeout 20000", path, sql);
        return output.Trim().Split('\n')[^1];
    }

    private static Process Start(string path) => Process.Start(new ProcessStartInfo("sqlite3", ["-batch", path])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static async Task<int> WriteAsync(string path, CancellationToken stopping)
    {
        using var writer = Start(path);
        await writer.StandardInput.WriteLineAsync(".timeout 20000");
        var transactions = 0;
        for (; !stopping.IsCancellationRequested; transactions++)
        {
            await writer.StandardInput.WriteLineAsync(
                "BEGIN IMMEDIATE; UPDATE t SET n = n - 1 WHERE name = 'a'; UPDATE t SET n = n + 1 WHERE name = 'b';"
                + " INSERT OR REPLACE INTO filler(rowid, x, y) VALUES (abs(random()) % 20000 + 1, 1, hex(randomblob(200))); COMMIT; SELECT 'written';");
            Assert.Equal("written", await writer.StandardOutput.ReadLineAsync(CancellationToken.None));
            // A gap between transactions: without one, nobody else gets the lock in the rollback modes.
            await Task.Delay(2, CancellationToken.None);
        }

        writer.StandardInput.Close();
        await writer.WaitForExitAsync(CancellationToken.None);
        return transactions;
    }
}
