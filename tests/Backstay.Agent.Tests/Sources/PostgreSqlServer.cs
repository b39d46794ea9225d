using System.Net;
using System.Net.Sockets;

namespace Backstay.Agent.Tests.Sources;

/// <summary>A PostgreSQL server of a test's own; as root it runs as the user postgres, which the server asks for.</summary>
internal sealed class PostgreSqlServer : IAsyncDisposable
{
    public const string OsUser = "postgres";
    public const string Password = "right one";
    private readonly TempFolder _folder = new();

    private PostgreSqlServer() { }

    public int Port { get; } = FreePort();

    public string SocketFolder => _folder.Of("data");

    public static async Task<PostgreSqlServer> StartAsync()
    {
        var server = new PostgreSqlServer();
        Directory.CreateDirectory(server._folder.Of("data"));
        var password = server._folder.Write("password", Password);
        if (Environment.IsPrivilegedProcess)
            await Shell.RunAsync("chown", "-R", OsUser, server._folder.Path);
        await server.RunAsync(
            "initdb", "--pgdata", server._folder.Of("data/pg"), "--username", "admin", "--auth", "scram-sha-256", "--pwfile", password,
            "--no-sync");
        await server.RunAsync(
            "pg_ctl", "start", "--wait", "--pgdata", server._folder.Of("data/pg"), "--log", server._folder.Of("data/log"), "--options",
            $"-c listen_addresses=127.0.0.1 -c port={server.Port} -c unix_socket_directories={server.SocketFolder} -c fsync=off");
        return server;
    }

    /// <summary>A password file as libpq wants it: only ours to read.</summary>
    public string PasswordFile(TempFolder folder, string password = Password)
    {
        var path = folder.Write("pgpass", $"*:{Port}:*:admin:{password}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    public Task<string> SqlAsync(string passwordFile, string database, string sql) => Shell.RunAsync(
        "env", $"PGPASSFILE={passwordFile}", "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", $"{Port}", "-U", "admin",
        "-d", database, "-c", sql);

    public async ValueTask DisposeAsync()
    {
        await RunAsync("pg_ctl", "stop", "--mode", "immediate", "--wait", "--pgdata", _folder.Of("data/pg"));
        _folder.Dispose();
    }

    private Task<string> RunAsync(string program, params string[] arguments)
    {
        // pg_ctl leaves its output to the server, which would keep our pipe open for ever.
        var command = $"\"$0\" \"$@\" > {_folder.Of("data/out")} 2>&1 || {{ cat {_folder.Of("data/out")} >&2; exit 1; }}";
        string[] shell = ["sh", "-c", command, program, .. arguments];
        return Environment.IsPrivilegedProcess
            ? Shell.RunAsync("runuser", ["-u", OsUser, "--", .. shell])
            : Shell.RunAsync("sh", shell[1..]);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
