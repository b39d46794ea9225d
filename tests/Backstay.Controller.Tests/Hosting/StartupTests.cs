using System.Net;
using System.Net.Sockets;
using Backstay.Controller.Hosting;
using Backstay.Controller.Tests.Commands;
using Backstay.TestServers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Backstay.Controller.Tests.Hosting;

/// <summary>The program as a process: what its operator sees when it can't start, or is asked to stop.</summary>
public sealed class StartupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    [Fact]
    public async Task A_port_in_use_is_one_line()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var (code, lines) = await RunAsync("--data", _folder, "--listen", $"https://127.0.0.1:{port}");

        Assert.Equal(1, code);
        Assert.Contains($":{port}", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Contains("in use", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_start_that_failed_workers_have_ended_before_what_they_use_is_gone()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var worker = new Worker();
        await using var app = Program.Build(
            ["--data", _folder, "--listen", $"https://{other.LocalEndpoint}", "--Listen:DrainPause=00:05:00"],
            services => services.AddHostedService(_ => worker));
        await app.PrepareAsync();

        await Assert.ThrowsAsync<IOException>(() => app.ServeAsync().WaitAsync(TimeSpan.FromMinutes(2)));

        Assert.True(worker.HasEnded);
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_to_is_one_line()
    {
        // Not a matter of rights, which root has: a file in the folder's place.
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "");

        var (code, lines) = await RunAsync("--data", Path.Combine(file, "data"));

        Assert.Equal(1, code);
        Assert.Contains(file, Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_broken_options_are_named_at_once()
    {
        var (code, lines) = await RunAsync(
            "--data", _folder, "--listen", "http://0.0.0.0:80;https://example.com", "--public-url", "nonsense", "--Access:TriesPerUser=0",
            "--Setup:AdminPassword=short");

        var text = string.Join('\n', lines);
        Assert.Equal(1, code);
        foreach (var named in new[] { "http://0.0.0.0:80", "example.com", "nonsense", "TriesPerUser", "AdminPassword" })
        {
            Assert.Contains(named, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_catalog_that_is_no_database_is_one_line()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "catalog.db"), new string('x', 8192));

        var (code, lines) = await RunAsync("--data", _folder, "--listen", "https://127.0.0.1:0");

        Assert.Equal(1, code);
        Assert.Contains("catalog", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_of_the_wrong_kind_is_one_line()
    {
        var (code, lines) = await RunAsync("--data", _folder, "--Setup:EnableBackups=perhaps");

        Assert.Equal(1, code);
        Assert.Contains("EnableBackups", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=127.0.0.1;Port=1;Database=backstay", "127.0.0.1:1 can't be reached")]
    [InlineData("Host=nowhere.invalid;Database=backstay", "nowhere.invalid:5432 can't be reached")]
    [InlineData("Host=127.0.0.1", "names no Database")]
    [InlineData("Database=backstay", "names no Host")]
    [InlineData("Host=127.0.0.1;Database=backstay;Colour=blue", "colour")]
    [InlineData("", "names no Host")]
    public async Task A_PostgreSQL_that_cannot_be_used_is_one_line(string connection, string reason)
    {
        var (code, lines) = await RunAsync(
            "--data", _folder, "--Catalog:Provider=postgres", "--Catalog:StartWithin=00:00:00", $"--Catalog:ConnectionString={connection}");

        Assert.Equal(1, code);
        Assert.Contains(reason, Assert.Single(lines), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_a_PostgreSQL_server_refuses_is_one_line_that_says_what_to_do()
    {
        await using var server = await PostgresServer.StartAsync();
        await server.ExecuteAsync("CREATE ROLE backstay LOGIN PASSWORD 'right'");
        await server.ExecuteAsync("CREATE DATABASE theirs ENCODING UTF8 TEMPLATE template0");
        await server.ExecuteAsync("CREATE DATABASE old ENCODING LATIN1 LOCALE 'C' TEMPLATE template0 OWNER backstay");
        await server.RequirePasswordsAsync();
        var user = new NpgsqlConnectionStringBuilder(server.ConnectionString("theirs")) { Username = "backstay", Password = "right" };

        Assert.Contains("may not make the catalog's tables", await LineAsync(user.ToString()), StringComparison.Ordinal);
        user.Database = "missing";
        Assert.Contains("has no database missing. Create it: createdb", await LineAsync(user.ToString()), StringComparison.Ordinal);
        user.Database = "old";
        Assert.Contains("LATIN1", await LineAsync(user.ToString()), StringComparison.Ordinal);
        user.Password = "wrong";
        var wrong = await LineAsync(user.ToString());
        Assert.Contains("refuses the user backstay", wrong, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", wrong, StringComparison.Ordinal);

        async Task<string> LineAsync(string connection)
        {
            var (code, lines) = await RunAsync("--data", _folder, "--Catalog:Provider=postgres", $"--Catalog:ConnectionString={connection}");
            Assert.Equal(1, code);
            return Assert.Single(lines);
        }
    }

    [Fact]
    public async Task A_database_that_there_is_not_is_one_line()
    {
        var (code, lines) = await RunAsync("--data", _folder, "--Catalog:Provider=oracle");

        Assert.Equal(1, code);
        Assert.Contains("Catalog:Provider", Assert.Single(lines), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(int ExitCode, string[] Errors)> RunAsync(params string[] arguments)
    {
        var (code, output, errors) = await ControllerProgram.RunAsync(arguments);
        Assert.DoesNotContain("fail:", output, StringComparison.Ordinal);
        return (code, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Takes its time to end, as one does that is in the middle of something.</summary>
    private sealed class Worker : BackgroundService
    {
        public bool HasEnded { get; private set; }

        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Delay(Timeout.Infinite, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
            HasEnded = true;
        }
    }
}
