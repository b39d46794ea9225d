using System.Globalization;
using System.Text.RegularExpressions;
using Backstay.TestServers;

namespace Backstay.EndToEnd;

public sealed partial class RestoreTests
{
    /// <summary>Controller and appliance destroyed; a new controller from the store, a new machine, everything equal.</summary>
    [Fact]
    public async Task After_a_full_disaster_everything_is_back()
    {
        var outcome = await Command.RunAsync(
            Path.Combine(Programs.Repository, "tests/disaster"),
            [],
            new Dictionary<string, string?>
            {
                ["CONTROLLER"] = Programs.Controller,
                ["AGENT"] = Programs.Agent,
                ["CLI"] = Programs.Cli,
                ["PORT"] = Installation.FreePort().ToString(CultureInfo.InvariantCulture),
            },
            limit: TimeSpan.FromMinutes(8));

        Assert.Contains("Everything is back", outcome.Expect(0).Output, StringComparison.Ordinal);
    }

    /// <summary>The commands of docs/restore.md, as they stand there: only what they are about is given to them.</summary>
    [Fact]
    public async Task The_documented_commands_restore_files_and_databases_without_us()
    {
        await using var postgres = await PostgresServer.StartAsync();
        await using var installation = await Installation.StartAsync();
        var source = Path.Combine(installation.Folder, "source");
        var database = Path.Combine(installation.Folder, "app.db");
        await Trees.MakeNastyAsync(source);
        var connection = new Dictionary<string, string?>
        {
            ["PGHOST"] = "127.0.0.1",
            ["PGPORT"] = postgres.Port.ToString(CultureInfo.InvariantCulture),
            ["PGUSER"] = "postgres",
            ["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:{string.Join(':', Directory.GetDirectories("/usr/lib/postgresql").Select(version => version + "/bin"))}",
            ["DATABASE"] = database,
        };
        await Command.ShellAsync(
            """
            sqlite3 "$DATABASE" "CREATE TABLE t (v); INSERT INTO t VALUES ('one'), ('two')"
            psql -Xq -d postgres -c 'CREATE ROLE clerk' -c 'CREATE DATABASE shop OWNER clerk'
            psql -Xq -d shop -c 'CREATE TABLE orders (id int)' -c 'INSERT INTO orders SELECT generate_series(1, 1000)' -c 'ALTER TABLE orders OWNER TO clerk'
            """,
            environment: connection);
        await using var agent = await installation.AddAgentAsync("box", source, state:
            $$"""
            { "sqlite": { "path": "{{database}}" } },
            { "postgresql": { "host": "127.0.0.1", "port": {{connection["PGPORT"]}}, "user": "postgres" } },
            { "command": ["uname", "-a"], "name": "uname.txt" }
            """);
        var backup = await installation.StartBackupAsync(agent.Appliance);
        await installation.SuccessAsync(agent, backup);
        var archive = await installation.DownloadAsync(agent.Appliance, backup);
        await Command.ShellAsync("psql -Xq -d template1 -c 'DROP DATABASE shop' -c 'DROP ROLE clerk'", environment: connection);

        var work = Directory.CreateDirectory(Path.Combine(installation.Folder, "work")).FullName;
        var target = Directory.CreateDirectory(Path.Combine(installation.Folder, "target")).FullName;
        var home = Directory.CreateTempSubdirectory("gpg-").FullName; // its agent's socket wants a short path
        try
        {
            await File.WriteAllTextAsync(Path.Combine(home, "passphrase"), Installation.Passphrase);
            await File.WriteAllTextAsync(Path.Combine(home, "gpg.conf"), $"batch\npinentry-mode loopback\npassphrase-file {home}/passphrase\n");
            var environment = new Dictionary<string, string?>(connection)
            {
                ["GNUPGHOME"] = home,
                ["ARCHIVE"] = archive,
                ["TARGET"] = target,
                ["DB"] = database,
            };
            await Command.ShellAsync(
                $"""
                {await CommandsOfAsync("With gpg, zstd and tar alone")}
                DUMPS=$PWD/dumps
                mkdir -p "$TARGET$(dirname "$DB")"
                {await CommandsOfAsync("Databases")}
                gpgconf --kill gpg-agent
                """,
                work,
                environment);
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }

        Assert.Equal(await Trees.DescribeAsync(source), await Trees.DescribeAsync(target + source));
        Assert.False(Path.Exists(target + "/databases") || Path.Exists(target + "/commands"));
        Assert.StartsWith("Linux", await File.ReadAllTextAsync(Path.Combine(work, "opened/dumps/state/commands/uname.txt")), StringComparison.Ordinal);
        Assert.Equal("one\ntwo\n", await Command.ShellAsync($"sqlite3 '{target}{database}' 'SELECT v FROM t ORDER BY v'"));
        Assert.Equal(
            "1000|clerk\n",
            await Command.ShellAsync("psql -XAt -d shop -c 'SELECT count(*), max(tableowner) FROM orders, pg_tables WHERE tablename = $$orders$$'", environment: connection));
    }

    /// <summary>The shell of a section, without the lines that set what it is about: a test sets that itself.</summary>
    private static async Task<string> CommandsOfAsync(string heading)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Programs.Repository, "docs/restore.md"));
        var start = page.IndexOf($"\n## {heading}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/restore.md has no section '{heading}'");
        var end = page.IndexOf("\n## ", start + 4, StringComparison.Ordinal);
        var blocks = ShellBlock().Matches(end < 0 ? page[start..] : page[start..end]);
        Assert.NotEmpty(blocks);
        return string.Join('\n', blocks.SelectMany(block => block.Groups[1].Value.Split('\n')).Where(line => !SetsSubject().IsMatch(line)));
    }

    [GeneratedRegex("```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex("^(ARCHIVE|DUMPS|DB)=")]
    private static partial Regex SetsSubject();
}
