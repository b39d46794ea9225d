using System.Diagnostics;

namespace Backstay.TestServers;

/// <summary>
/// A whole single-node Ceph with its S3 gateway. It takes about 15 seconds to start, so a test process has one (<see
/// cref="SharedAsync"/>), and a test a bucket. It ends with the process that started it, however that ends.
/// </summary>
public sealed class CephCluster : IAsyncDisposable
{
    public const string AccessKey = "backstay";
    public const string SecretKey = "backstay-secret";

    private static readonly Lazy<Task<CephCluster>> Shared = new(StartAsync);

    private readonly Process _script;
    private readonly string _folder;

    private CephCluster(Process script, string folder, Uri endpoint)
    {
        (_script, _folder) = (script, folder);
        Endpoint = endpoint;
    }

    /// <summary>Of the S3 gateway; plain HTTP on loopback.</summary>
    public Uri Endpoint { get; }

    /// <summary>The cluster of this process; started by the first who asks.</summary>
    public static Task<CephCluster> SharedAsync() => Shared.Value;

    /// <summary>A cluster of one's own, to kill its gateway.</summary>
    public static async Task<CephCluster> StartAsync()
    {
        for (var left = 2; ; left--)
        {
            var folder = Path.Combine(Path.GetTempPath(), $"backstay-ceph-{Guid.NewGuid():N}");
            var script = Start("run", folder, $"{FreePort.Next()}", $"{FreePort.Next()}");
            var errors = script.StandardError.ReadToEndAsync();
            var said = await script.StandardOutput.ReadLineAsync();
            if (said is not null && said.StartsWith("ready ", StringComparison.Ordinal))
                return new CephCluster(script, folder, new Uri(said["ready ".Length..]));

            // Five daemons look for ports of their own, and one may be taken from under them.
            var why = await errors;
            await script.WaitForExitAsync();
            script.Dispose();
            if (left == 0)
                throw new InvalidOperationException($"Ceph did not start: {why}");
        }
    }

    /// <summary>Kills the gateway without warning.</summary>
    public void KillGateway()
    {
        using var gateway = Process.GetProcessById(int.Parse(
            File.ReadAllText(Path.Combine(_folder, "client.rgw.pid")), System.Globalization.CultureInfo.InvariantCulture));
        gateway.Kill();
        gateway.WaitForExit();
    }

    /// <summary>Starts the gateway again; it serves when this returns.</summary>
    public async Task StartGatewayAsync()
    {
        using var script = Start("gateway", _folder);
        var why = await script.StandardError.ReadToEndAsync();
        await script.WaitForExitAsync();
        if (script.ExitCode != 0)
            throw new InvalidOperationException($"The gateway did not start again: {why}");
    }

    /// <summary>Runs <c>radosgw-admin</c>: users with fewer rights, quotas.</summary>
    public async Task AdministerAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("radosgw-admin", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["CEPH_CONF"] = Path.Combine(_folder, "ceph.conf");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"radosgw-admin {string.Join(' ', arguments)}: {await error}");
    }

    public async ValueTask DisposeAsync()
    {
        _script.StandardInput.Close();
        await _script.WaitForExitAsync();
        _script.Dispose();
    }

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "ceph"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
