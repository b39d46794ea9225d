using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>
/// The certificate that the controller serves: the operator's, read again when its file changes, or one of its own, renewed with the
/// same key so that the pins in agents' seeds stay true.
/// </summary>
internal sealed partial class ServingCertificate(
    IOptions<TlsOptions> options, SelfMadeCertificate selfMade, TimeProvider time, ILogger<ServingCertificate> logger)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private Served? _served;
    private DateTimeOffset _looked;

    /// <summary>SHA-256 of the SubjectPublicKeyInfo, base64 (RFC 7469 section 2.4).</summary>
    public string Pin => Convert.ToBase64String(SHA256.HashData(Current().Certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>What a handshake serves now.</summary>
    public SslStreamCertificateContext Context => Current().Context;

    /// <summary>Loads or makes it for the first time.</summary>
    /// <exception cref="StartupException">The files that were given can't be used.</exception>
    public void Prepare() => Current();

    private Served Current()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_served is not null && now - _looked < LookAgainAfter)
            {
                return _served;
            }

            _looked = now;
            try
            {
                _served = options.Value.CertificateFile is "" ? OwnCertificate() : GivenCertificate();
            }
            catch (StartupException exception) when (_served is not null)
            {
                // A half-written renewal must not take the controller down: what was good a minute ago is served on.
                Log.NotReloaded(logger, exception.Message);
            }

            return _served;
        }
    }

    private Served OwnCertificate()
    {
        if (_served is not null && !selfMade.IsDue(_served.Certificate))
        {
            return _served;
        }

        return Serve(selfMade.LoadOrMake(), [], default);
    }

    private Served GivenCertificate()
    {
        var (file, keyFile, password) = (options.Value.CertificateFile, options.Value.KeyFile, options.Value.Password);
        try
        {
            var changed = File.GetLastWriteTimeUtc(file);
            if (_served?.Changed == changed)
            {
                return _served;
            }

            if (Path.GetExtension(file) is ".pfx" or ".p12")
            {
                var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
                var own = all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new CryptographicException("it has no private key");
                return Serve(own, [.. all.Where(c => c != own)], changed);
            }

            var key = keyFile is "" ? file : keyFile;
            var certificate = password is ""
                ? X509Certificate2.CreateFromPemFile(file, key)
                : X509Certificate2.CreateFromEncryptedPemFile(file, password, key);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(file);
            return Serve(certificate, [.. chain.Skip(1)], changed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new StartupException(
                $"The certificate {file}{(keyFile is "" ? "" : $" with the key {keyFile}")} can't be used: {exception.Message}. It has to "
                + "be PEM (certificate, chain and an unencrypted key, or Tls:Password) or PFX.",
                exception);
        }
    }

    private static Served Serve(X509Certificate2 certificate, X509Certificate2Collection chain, DateTime changed) =>
        new(certificate, SslStreamCertificateContext.Create(certificate, chain, offline: true), changed);

    private sealed record Served(X509Certificate2 Certificate, SslStreamCertificateContext Context, DateTime Changed);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "{Reason} The certificate in force is served on.")]
        public static partial void NotReloaded(ILogger logger, string reason);
    }
}
