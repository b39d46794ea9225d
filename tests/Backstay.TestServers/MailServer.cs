using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Backstay.TestServers;

/// <summary>A real mail server (aiosmtpd, Debian's python3-aiosmtpd) that keeps what it takes in a folder.</summary>
public sealed class MailServer : IDisposable
{
    /// <summary>Whom a private server lets in.</summary>
    public const string User = "backstay";

    public const string Password = "the mail's password 42";

    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-mail-").FullName;
    private readonly Process _process;
    private bool _isOver;

    private MailServer(int maxBytes, string? security)
    {
        Port = FreePort.Next();
        string[] arguments = [Path.Combine(_folder, "mail"), Port.ToString(CultureInfo.InvariantCulture), maxBytes.ToString(CultureInfo.InvariantCulture)];
        if (security is not null)
            arguments = [.. arguments, security, CertificateFile, WriteCertificate(), User, Password];
        _process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "mail-server"), arguments))!;
    }

    public int Port { get; }

    /// <summary>What a client has to trust to speak to it privately: a certificate for localhost that it signed itself, PEM.</summary>
    public string CertificateFile => Path.Combine(_folder, "certificate.pem");

    /// <summary>Starts one, and waits until it listens.</summary>
    /// <param name="maxBytes">A larger mail is refused.</param>
    /// <param name="security"><c>startTls</c> or <c>tls</c>: nothing is taken without that and without the password. Null: anything is.</param>
    public static async Task<MailServer> StartAsync(int maxBytes = 1_000_000, string? security = null)
    {
        var server = new MailServer(maxBytes, security);
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

    /// <returns>The file with its key.</returns>
    private string WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(CertificateFile, certificate.ExportCertificatePem());
        var file = Path.Combine(_folder, "key.pem");
        File.WriteAllText(file, key.ExportPkcs8PrivateKeyPem());
        return file;
    }
}
