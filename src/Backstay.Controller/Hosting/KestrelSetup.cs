using System.Net.Security;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>How the web server listens, and what it refuses before any code of ours runs.</summary>
internal sealed class KestrelSetup(IOptions<ListenOptions> listen, ServingCertificate certificate, ProxyProtocol proxies)
    : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;

        // A request that dribbles in holds a connection, not the controller. Bodies have their own limits: 1 MiB of JSON in RequestBody,
        // a part's size in the agent API. Kestrel's (28.6 MiB) stays, so that a body that is too large is still answered, not cut off.
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        options.Limits.MaxRequestHeaderCount = 64;
        options.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
        options.Limits.MaxRequestLineSize = 8 * 1024;

        // Of each connection that sends a part, this much waits in memory for the disk (Kestrel's own: 1 MiB).
        options.Limits.MaxRequestBufferSize = 256 * 1024;
        foreach (var url in UrlsUnlessBroken().Select(BindingAddress.Parse))
        {
            if (ListenValidation.AddressOf(url) is not { } address)
            {
                options.ListenAnyIP(url.Port, Secure);
            }
            else if (url.Host == "localhost" && url.Port != 0)
            {
                options.ListenLocalhost(url.Port, Secure);
            }
            else
            {
                options.Listen(address, url.Port, Secure);
            }

            void Secure(Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions endpoint)
            {
                proxies.Guard(endpoint);
                endpoint.Protocols = HttpProtocols.Http1AndHttp2;
                if (url.Scheme == "https")
                {
                    // Asked for with every handshake: a renewed certificate is served without a restart.
                    endpoint.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        // A whole fleet that comes back at once, after a restart, waits for its handshakes longer than Kestrel's 10 s.
                        HandshakeTimeout = TimeSpan.FromSeconds(30),
                        OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                        {
                            ServerCertificateContext = certificate.Context,
                            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                        }),
                    });
                }
                else
                {
                    endpoint.Protocols = HttpProtocols.Http1;
                }
            }
        }
    }

    /// <summary>
    /// The server is made together with the application, before <see cref="HostingServices.PrepareAsync"/> has checked all options and
    /// named all that are broken: these must not be the only ones that are heard of.
    /// </summary>
    private IReadOnlyList<string> UrlsUnlessBroken()
    {
        try
        {
            return listen.Value.UrlList;
        }
        catch (OptionsValidationException)
        {
            return [];
        }
    }
}
