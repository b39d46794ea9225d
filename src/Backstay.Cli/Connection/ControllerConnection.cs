using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Connection;

/// <summary>A controller that can be talked to.</summary>
internal sealed class ControllerConnection : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly HttpClient _http;

    public ControllerConnection(Uri address, string? token, CertificateTrust trust)
    {
        Address = address;
        Trust = trust;
        var sockets = new SocketsHttpHandler
        {
            // A redirect would carry the token to wherever it points.
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = ConnectTimeout,
            // Digests are of the bytes as they are stored.
            AutomaticDecompression = DecompressionMethods.None,
            SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, errors) => trust.Accept(certificate, errors),
            },
        };
        _http = new HttpClient(new TrustHandler(address, trust, sockets))
        {
            BaseAddress = address,
            Timeout = AnswerTimeout,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        Client = new AdminClient(_http, token);
    }

    public Uri Address { get; }

    public CertificateTrust Trust { get; }

    public AdminClient Client { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Tells a refused certificate from a controller that is down.</summary>
    private sealed class TrustHandler(Uri address, CertificateTrust trust, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (HttpRequestException e) when (trust.Refused is not null)
            {
                throw UntrustedController.Error(address, trust.Expected, trust.Refused, e);
            }
            catch (SocketException e)
            {
                // A connection that is reset while it is being made comes out of the handler as it is.
                throw new HttpRequestException(HttpRequestError.ConnectionError, e.Message, e);
            }
        }
    }
}
