using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Backstay.Cli.Tests.Running;

/// <summary>The real controller, started as a user does, with a folder of its own.</summary>
public sealed class ControllerProcess : IAsyncLifetime
{
    public const string Password = "the first admin's password";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TemporaryFolder _folder = new();
    private Process? _process;

    public string Address { get; private set; } = "";

    public string Pin { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Address = $"https://127.0.0.1:{FreePort()}";
        var start = new ProcessStartInfo(Programs.Controller, ["--data", _folder.File("data"), "--listen", Address])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _folder.Path,
        };
        start.Environment["BACKSTAY_ADMIN_PASSWORD"] = Password;
        _process = Process.Start(start)!;
        // Read, so that it never has to wait for somebody to read it.
        var said = Task.WhenAll(_process.StandardOutput.ReadToEndAsync(), _process.StandardError.ReadToEndAsync());
        Pin = await PinWhenReadyAsync(said);
    }

    /// <summary>Runs the program signed in as the first admin.</summary>
    internal async Task<CliSession> SignInAsync(string user = "admin", string password = Password)
    {
        var session = new CliSession(new TemporaryFolder());
        var login = await session.RunWithInputAsync(
            password + "\n", "login", "--controller", Address, "--trust-pin", Pin, "-u", user, "--password-stdin");
        Assert.True(login.ExitCode == 0, login.ToString());
        return session;
    }

    public ValueTask DisposeAsync()
    {
        _process?.Kill(entireProcessTree: true);
        _process?.WaitForExit();
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string> PinWhenReadyAsync(Task<string[]> said)
    {
        var pin = "";
        using var http = new HttpClient(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
            {
                pin = $"sha256/{Convert.ToBase64String(SHA256.HashData(certificate!.PublicKey.ExportSubjectPublicKeyInfo()))}";
                return true;
            },
        });
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            if (_process!.HasExited)
                Assert.Fail($"The controller ended: {string.Join('\n', await said)}");
            try
            {
                using var ready = await http.GetAsync(new Uri($"{Address}/readyz"), patience.Token);
                if (ready.IsSuccessStatusCode)
                    return pin;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(100, patience.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
