using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Backstay.TestServers;

/// <summary>How a <see cref="PostgresServer"/> is stopped.</summary>
public enum PostgresStop
{
    /// <summary>Connections are ended, what was committed is written: as by <c>pg_ctl stop</c>.</summary>
    Fast,

    /// <summary>At once, without a farewell; the next start recovers from the log: as by <c>pg_ctl stop -m immediate</c>.</summary>
    Immediate,

    /// <summary><c>kill -9</c> of the whole server.</summary>
    Kill,
}

/// <summary>
/// A PostgreSQL server of a test's own, on a free port of the loopback interface, in a folder that goes with it. It ends with the process
/// that started it, however that ends.
/// </summary>
/// <remarks>Takes <c>initdb</c> and <c>postgres</c> from PATH or from Debian's folders. As root it runs as the user <c>postgres</c>.</remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "postgres";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // The shell ends the server when its own input ends: when we close it, or are gone.
    private const string Keeper =
        """
        exec 3<&0
        log=$1; shift; exec 2>>"$log"
        "$@" </dev/null >>"$log" 2>&1 & server=$!
        { cat <&3; kill -INT $server; } >/dev/null 2>&1 & watch=$!
        wait $server; code=$?
        kill $watch 2>/dev/null
        exit $code
        """;

    private readonly string _folder;
    private readonly string _programs;
    private readonly bool _durable;
    private Process? _process;
    private int _databases;

    private PostgresServer(string folder, string programs, bool durable)
    {
        (_folder, _programs, _durable) = (folder, programs, durable);
        Port = FreePort.Next();
    }

    /// <summary>It stays the same over stops and starts.</summary>
    public int Port { get; }

    /// <summary>What the server said, for when a test wonders.</summary>
    public string LogFile => Path.Combine(_folder, "log");

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="durable">
    /// Whether a commit survives a crash of the machine (fsync). A crash of the server alone, as by <see cref="PostgresStop.Kill"/>, it survives
    /// without, too; and tests are faster.
    /// </param>
    public static async Task<PostgresServer> StartAsync(bool durable = false, CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("backstay-postgres-").FullName;
        var server = new PostgresServer(folder, FindPrograms(), durable);
        try
        {
            if (Environment.IsPrivilegedProcess)
                await RunAsync(["chown", User, folder], cancellationToken);
            await RunAsync(
                AsOwner(
                    Path.Combine(server._programs, "initdb"), "--pgdata", server.Data, "--username", User, "--encoding", "UTF8", "--locale", "C.UTF-8",
                    "--auth", "trust", "--no-sync"),
                cancellationToken);
            await server.StartAgainAsync(cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>How to connect to a database, as the superuser, without a password. Nothing here knows Kerberos; asking costs every connection.</summary>
    public string ConnectionString(string database = "postgres") =>
        $"Host=127.0.0.1;Port={Port.ToString(CultureInfo.InvariantCulture)};Username={User};Database={database};GSS Encryption Mode=Disable";

    /// <summary>Starts it after a stop.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (_process is { HasExited: false })
            return;

        string[] options =
        [
            $"port={Port.ToString(CultureInfo.InvariantCulture)}", "listen_addresses=127.0.0.1", $"unix_socket_directories={_folder}", "max_connections=1000",
            "shared_buffers=32MB", "logging_collector=off", "autovacuum=off", "max_wal_size=2GB",
            .. _durable ? Array.Empty<string>() : ["fsync=off", "full_page_writes=off"],
        ];
        var command = AsOwner(
            ["/bin/sh", "-c", Keeper, "keeper", LogFile, Path.Combine(_programs, "postgres"), "-D", Data, .. options.SelectMany(o => new[] { "-c", o })]);
        for (var left = 5; ; left--)
        {
            _process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, WorkingDirectory = "/" })!;
            if (await IsReadyAsync(_process, cancellationToken))
                return;

            // After a kill, what the processes shared may be there for a moment longer than they are.
            if (left == 0)
                throw new InvalidOperationException($"postgres ended with {_process.ExitCode}:\n{await File.ReadAllTextAsync(LogFile, cancellationToken)}");
            await Task.Delay(200, cancellationToken);
        }
    }

    /// <summary>Stops it; what it holds stays.</summary>
    public async Task StopAsync(PostgresStop how = PostgresStop.Fast, CancellationToken cancellationToken = default)
    {
        if (_process is null or { HasExited: true })
            return;

        if (how is PostgresStop.Kill)
            await SignalAllAsync("KILL", cancellationToken);
        else if (how is PostgresStop.Immediate)
            await RunAsync(["kill", "-QUIT", await PostmasterAsync(cancellationToken)], cancellationToken);
        else
            _process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        await _process.WaitForExitAsync(limit.Token);
        _process.Dispose();
        _process = null;
    }

    /// <summary>Stops the server's processes where they are (SIGSTOP): it is there, and doesn't answer.</summary>
    public Task FreezeAsync(CancellationToken cancellationToken = default) => SignalAllAsync("STOP", cancellationToken);

    /// <summary>Lets a frozen server go on.</summary>
    public Task ThawAsync(CancellationToken cancellationToken = default) => SignalAllAsync("CONT", cancellationToken);

    /// <summary>Makes a database and answers how to connect to it.</summary>
    /// <param name="name">Default: one that is free.</param>
    /// <param name="template">A database to copy, to which nobody is connected.</param>
    public async Task<string> CreateDatabaseAsync(
        string? name = null, string? template = null, CancellationToken cancellationToken = default)
    {
        name ??= $"test_{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync($"""CREATE DATABASE "{name}" TEMPLATE "{template ?? "template0"}" """, cancellationToken: cancellationToken);
        return ConnectionString(name);
    }

    /// <summary>Runs a statement as the superuser.</summary>
    public async Task ExecuteAsync(string statement, string database = "postgres", CancellationToken cancellationToken = default)
    {
        await using var connection = new NpgsqlConnection(ConnectionString(database) + ";Pooling=false");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>From now on everyone but the superuser needs a password.</summary>
    public async Task RequirePasswordsAsync(CancellationToken cancellationToken = default)
    {
        await File.WriteAllTextAsync(
            Path.Combine(Data, "pg_hba.conf"), $"host all {User} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n", cancellationToken);
        await ExecuteAsync("SELECT pg_reload_conf()", cancellationToken: cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(PostgresStop.Immediate);
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    /// <summary>False: it has ended.</summary>
    private async Task<bool> IsReadyAsync(Process process, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        while (!process.HasExited)
        {
            try
            {
                await ExecuteAsync("SELECT 1", cancellationToken: limit.Token);
                return true;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(20, limit.Token);
            }
        }

        return false;
    }

    private async Task SignalAllAsync(string signal, CancellationToken cancellationToken)
    {
        var postmaster = await PostmasterAsync(cancellationToken);
        var children = await File.ReadAllTextAsync($"/proc/{postmaster}/task/{postmaster}/children", cancellationToken);
        await RunAsync(["kill", $"-{signal}", postmaster], cancellationToken);

        // One that served a connection may have ended since.
        await RunAsync(["/bin/sh", "-c", $"kill -{signal} {children} 2>/dev/null || true"], cancellationToken);
    }

    private async Task<string> PostmasterAsync(CancellationToken cancellationToken) =>
        (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"), cancellationToken))[0];

    /// <summary>PostgreSQL refuses to run as root.</summary>
    private static string[] AsOwner(params string[] command) => Environment.IsPrivilegedProcess
        ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--init-groups", .. command]
        : command;

    private static string FindPrograms()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(version => version, StringComparer.Ordinal).Select(version => $"{version}/bin")
            : [];
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(debian)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")))
            ?? throw new InvalidOperationException("PostgreSQL's initdb and postgres are neither on PATH nor in /usr/lib/postgresql: apt-get install postgresql");
    }

    private static async Task RunAsync(string[] command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{command[0]} ended with {process.ExitCode}: {errors}{await output}");
    }
}
