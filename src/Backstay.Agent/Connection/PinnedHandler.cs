using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Backstay.Agent.Connection;

/// <summary>TLS to the controllers of a seed, and to nobody else.</summary>
internal static class PinnedHandler
{
    /// <param name="pins">SHA-256 of the SubjectPublicKeyInfo, base64 (RFC 7469, section 2.4).
    /// The pin is the whole of the trust: a certificate whose key is pinned is accepted, whoever signed it and whatever name and
    /// dates it has; one whose key isn't is refused, even if the system trusts it.
    /// </param>
    public static SocketsHttpHandler Create(IReadOnlyList<string> pins) => new()
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) => Accept(certificate, pins),
        },
        // Only to the addresses of the seed: neither redirects nor a proxy from the environment lead elsewhere.
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        // How long a part waits for "100 Continue" before it is sent without.
        Expect100ContinueTimeout = TimeSpan.FromSeconds(2),
    };

    /// <summary>HTTP/1.1, so that every part in flight has a connection and a congestion window of its own.</summary>
    public static HttpClient CreateClient(IReadOnlyList<string> pins) => new(Create(pins))
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public static string PinOf(X509Certificate2 certificate) =>
        Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    private static bool Accept(X509Certificate? certificate, IReadOnlyList<string> pins)
    {
        if (certificate is not X509Certificate2 known)
            return false;

        var pin = PinOf(known);
        return pins.Contains(pin, StringComparer.Ordinal)
            ? true
            : throw new AuthenticationException(
                $"its public key ({pin}) is not one that this appliance was enrolled with ({string.Join(", ", pins)}). Someone stands "
                + "between, or the controller's key was replaced: then enrol again with a new seed.");
    }
}
