using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>A certificate of the controller's own, in <c>tls/</c> of the data folder: ECDSA P-256, for the names that it is reached by.</summary>
internal sealed class SelfMadeCertificate(DataFolder folder, IOptions<ListenOptions> listen, TimeProvider time)
{
    /// <summary>What common clients take from a certificate that isn't a public authority's, at most.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(825);

    /// <summary>It is renewed this long before it ends.</summary>
    public static readonly TimeSpan Renewal = TimeSpan.FromDays(30);

    private const string CertificateName = "tls/certificate.pem";
    private const string KeyName = "tls/key.pem";

    /// <summary>Whether a new one is to be made: it ends soon, or the controller is reached by other names now.</summary>
    public bool IsDue(X509Certificate2 certificate) =>
        time.GetUtcNow() > certificate.NotAfter.ToUniversalTime() - Renewal
        || !Names().SetEquals(NamesOf(certificate));

    /// <summary>The one that is there; a new one with the same key when it is due; or a first one.</summary>
    /// <exception cref="StartupException">The files are damaged.</exception>
    public X509Certificate2 LoadOrMake()
    {
        var certificateFile = Path.Combine(folder.Path, CertificateName);
        var keyFile = Path.Combine(folder.Path, KeyName);
        try
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            if (!File.Exists(keyFile))
            {
                Write(KeyName, key.ExportPkcs8PrivateKeyPem());
            }

            key.ImportFromPem(File.ReadAllText(keyFile));
            if (File.Exists(certificateFile))
            {
                var known = X509Certificate2.CreateFromPemFile(certificateFile, keyFile);
                if (!IsDue(known))
                {
                    return known;
                }

                known.Dispose();
            }

            var made = Make(key);
            Write(CertificateName, made.ExportCertificatePem());
            return made;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new StartupException(
                $"The controller's own certificate in {Path.Combine(folder.Path, "tls")} can't be used: {exception.Message}. Restore the folder "
                + "from a backup; if you move it away, a new one is made and every agent has to be enrolled again.",
                exception);
        }
    }

    private X509Certificate2 Make(ECDsa key)
    {
        var request = new CertificateRequest("CN=Backstay controller", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in Names())
        {
            if (IPAddress.TryParse(name, out var address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(name);
            }
        }

        request.CertificateExtensions.Add(names.Build());

        // An hour back: the clocks of appliances aren't all right.
        var now = time.GetUtcNow();
        return request.CreateSelfSigned(now.AddHours(-1), now.AddHours(-1) + Lifetime);
    }

    /// <summary>The loopback names, this machine's, and those of the options.</summary>
    private HashSet<string> Names()
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "::1", Environment.MachineName };
        foreach (var host in listen.Value.UrlList.Select(url => BindingAddress.Parse(url).Host.Trim('[', ']')))
        {
            if (IPAddress.TryParse(host, out var address) && !address.Equals(IPAddress.Any) && !address.Equals(IPAddress.IPv6Any))
            {
                names.Add(address.ToString());
            }
        }

        names.UnionWith(listen.Value.PublicUrlList.Select(url => new Uri(url).IdnHost.Trim('[', ']')));
        return names;
    }

    private static IEnumerable<string> NamesOf(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names =>
            names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())));

    private void Write(string name, string text) => folder.Write(name, text);
}
