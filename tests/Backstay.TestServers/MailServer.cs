using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Backstay.TestServers;

/// <summary>A real mail server (aiosmtpd, Debian's python3-aiosmtpd) that keeps what it takes in a folder.</summary>
public sealed class MailServer : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-mail-").FullName;
    private readonly Process _process;
    private bool _isOver;

    private MailServer(int maxBytes)
    {
        Port = FreePort.Next();
        _process = Process.Start(new ProcessStartInfo(
            "aiosmtpd",
            ["-n", "-s", $"{maxBytes}", "-l", $"127.0.0.1:{Port}", "-c", "aiosmtpd.handlers.Mailbox", Path.Combine(_folder, "mail")]))!;
    }

    public int Port { get; }

    /// <summary>Starts one, and waits until it listens.</summary>
    /// <param name="maxBytes">A larger mail is refused.</param>
    public static async Task<MailServer> StartAsync(int maxBytes = 1_000_000)
    {
        var server = new MailServer(maxBytes);
        for (var i = 0; i < 300 && !server._process.HasExited; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, server.Port);
                return server;
            }
            catch (SocketException)
            {
                await Task.Delay(100);
            }
        }

        server.Dispose();
        throw new InvalidOperationException("aiosmtpd doesn't listen; is python3-aiosmtpd installed?");
    }

    /// <summary>Everything that was taken so far, as it arrived.</summary>
    public async Task<IReadOnlyList<string>> MailsAsync()
    {
        var taken = Path.Combine(_folder, "mail", "new");
        return Directory.Exists(taken) ? await Task.WhenAll(Directory.GetFiles(taken).Select(file => File.ReadAllTextAsync(file))) : [];
    }

    /// <summary>Stops it; said again, nothing happens.</summary>
    public void Dispose()
    {
        if (_isOver)
            return;
        _isOver = true;
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
