using System.Net;
using System.Net.Sockets;

namespace Backstay.EndToEnd;

/// <summary>What the README promises of <c>./run</c>.</summary>
public sealed class RunScriptTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-run-").FullName;

    public async ValueTask DisposeAsync() => await Trees.RemoveAsync(_folder);

    [Fact]
    public async Task Once_proves_a_backup_that_stock_tools_open_and_that_equals_its_source()
    {
        var source = Path.Combine(_folder, "source");
        await Trees.MakeNastyAsync(source);

        var first = (await RunAsync("--once", "--source", source)).Expect(0);

        Assert.Contains("This backup is proven.", first.Output, StringComparison.Ordinal);
        var archive = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "data/downloads"), "*.gpg"));
        var opened = await Installation.OpenWithStockToolsAsync(archive, await File.ReadAllTextAsync(Path.Combine(_folder, "data/backup-passphrase")));
        Assert.Equal(await Trees.DescribeAsync(source), await Trees.DescribeAsync(opened + "/config" + source));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "data/admin-password")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "data/backup-passphrase")));

        // A second run on the same data continues with it: no new appliance, no new passwords.
        var password = await File.ReadAllTextAsync(Path.Combine(_folder, "data/admin-password"));
        (await RunAsync("--once", "--source", source)).Expect(0);
        Assert.Equal(password, await File.ReadAllTextAsync(Path.Combine(_folder, "data/admin-password")));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder, "data/downloads"), "*.gpg").Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_port_in_use_is_one_clear_line(bool nobodyAccepts)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(backlog: 1);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;

        // These fill what waits to be accepted; another one would wait for minutes.
        using var first = new TcpClient();
        using var second = new TcpClient();
        if (nobodyAccepts)
        {
            await first.ConnectAsync(IPAddress.Loopback, port);
            await second.ConnectAsync(IPAddress.Loopback, port);
        }

        var refused = await Command.RunAsync(Script, ["--once", "--data", Path.Combine(_folder, "data"), "--port", $"{port}"]);

        Assert.Equal(1, refused.ExitCode);
        Assert.Equal($"run: port {port} is in use; give another one with --port\n", refused.Errors);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_one_clear_line()
    {
        var refused = await Command.RunAsync(Script, ["--once", "--data", "/dev/null/backstay"]);

        Assert.Equal(1, refused.ExitCode);
        Assert.Equal("run: can't write to /dev/null/backstay; give another folder with --data\n", refused.Errors);
    }

    [Fact]
    public async Task A_missing_SDK_is_one_clear_line()
    {
        var tools = Directory.CreateDirectory(Path.Combine(_folder, "tools")).FullName;
        foreach (var tool in new[] { "bash", "dirname", "env" })
        {
            File.CreateSymbolicLink(Path.Combine(tools, tool), (await Command.ShellAsync($"command -v {tool}")).Trim());
        }

        var refused = await Command.RunAsync(Script, ["--once"], new Dictionary<string, string?> { ["PATH"] = tools });

        Assert.Equal(1, refused.ExitCode);
        Assert.Single(refused.Errors.Trim().Split('\n'));
        Assert.Contains(".NET 10 SDK", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_backup_it_says_ready_and_stays_until_it_is_told_to_stop()
    {
        var run = new LongProcess(
            Script,
            ["--no-backup", "--data", Path.Combine(_folder, "data"), "--port", $"{Installation.FreePort()}"],
            new Dictionary<string, string?> { ["BACKSTAY_ADMIN_PASSWORD"] = "given by the operator 1" });

        await Eventually.TrueAsync(
            () => Task.FromResult(run.Said.Split('\n').Any(line => line.StartsWith("ready", StringComparison.Ordinal))),
            TimeSpan.FromMinutes(3),
            () => "never ready:\n" + run.Said);

        Assert.DoesNotContain("given by the operator", run.Said, StringComparison.Ordinal);
        await Command.ShellAsync($"kill -INT {run.Id}");
        await Eventually.TrueAsync(() => Task.FromResult(run.HasExited), TimeSpan.FromSeconds(30), () => "it did not stop:\n" + run.Said);
        Assert.Empty((await Command.RunAsync("pgrep", ["-f", Path.Combine(_folder, "data")])).Output);
        await run.DisposeAsync();
    }

    [Fact]
    public async Task Secrets_that_were_given_are_kept_and_are_those_in_force_from_then_on()
    {
        var source = Path.Combine(_folder, "source");
        await Trees.MakeNoiseAsync(source, 1);
        string Kept(string name) => Path.Combine(_folder, "data", name);

        var first = (await RunAsync(Secrets("the first password", "the first passphrase"), "--once", "--source", source)).Expect(0);

        Assert.DoesNotContain("the first pass", first.Output + first.Errors, StringComparison.Ordinal);
        Assert.Equal("the first password\n", await File.ReadAllTextAsync(Kept("admin-password")));
        Assert.Equal("the first passphrase\n", await File.ReadAllTextAsync(Kept("backup-passphrase")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Kept("admin-password")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Kept("backup-passphrase")));

        (await RunAsync("--once", "--source", source)).Expect(0);
        var other = (await RunAsync(Secrets("another password", "another passphrase"), "--once", "--source", source)).Expect(0);

        Assert.Contains($"run: BACKSTAY_ADMIN_PASSWORD is not what {_folder}/data was made with, and is not used", other.Errors, StringComparison.Ordinal);
        Assert.Contains($"run: BACKSTAY_PASSPHRASE is not what {_folder}/data was made with, and is not used", other.Errors, StringComparison.Ordinal);
        Assert.Equal(3, Directory.GetFiles(Kept("downloads"), "*.gpg").Length);
    }

    private static Dictionary<string, string?> Secrets(string password, string passphrase) =>
        new() { ["BACKSTAY_ADMIN_PASSWORD"] = password, ["BACKSTAY_PASSPHRASE"] = passphrase };

    private static string Script => Path.Combine(Programs.Repository, "run");

    private Task<Outcome> RunAsync(params string[] arguments) => RunAsync([], arguments);

    private Task<Outcome> RunAsync(Dictionary<string, string?> environment, params string[] arguments) => Command.RunAsync(
        Script,
        [.. arguments, "--data", Path.Combine(_folder, "data"), "--port", $"{Installation.FreePort()}"],
        environment,
        limit: TimeSpan.FromMinutes(5));
}
