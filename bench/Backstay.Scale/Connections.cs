using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Backstay.Scale;

/// <summary>TLS connections as an agent makes them: HTTP/1.1, trusted by pin alone.</summary>
internal static class Connections
{
    private const int IpBindAddressNoPort = 24; // linux/in.h
    private const int AgentsOfAnAddress = 4_000;

    /// <summary>A client with a connection pool of its own, as every agent process has one.</summary>
    /// <param name="pins">SHA-256 of the public keys to accept, base64; empty: any (for signing in at one's own test server).</param>
    /// <param name="number">
    /// Which client this is: agents are spread over source addresses 127.0.0.2, 127.0.0.3, …, as one address has ports for 28,000
    /// connections only.
    /// </param>
    /// <param name="idle">How long a connection that isn't used is kept.</param>
    public static HttpClient Create(IReadOnlyList<string> pins, int number, TimeSpan idle)
    {
        var source = new IPEndPoint(new IPAddress([127, 0, 0, (byte)(2 + (number / AgentsOfAnAddress))]), 0);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => Accept(shown, pins) },
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionIdleTimeout = idle,
            ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, source, cancellationToken),
        };
        return new HttpClient(handler)
        {
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, IPEndPoint source, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // The port is chosen when the target is known, so that two targets can share it.
            socket.SetRawSocketOption((int)SocketOptionLevel.IP, IpBindAddressNoPort, BitConverter.GetBytes(1));
            socket.Bind(source);
            await socket.ConnectAsync(target, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static bool Accept(X509Certificate? shown, IReadOnlyList<string> pins)
    {
        if (shown is not X509Certificate2 certificate)
            return false;

        var pin = Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));
        return pins.Count == 0 || pins.Contains(pin)
            ? true
            : throw new AuthenticationException("The controller's key is not the one that the fleet was enrolled with.");
    }
}
