using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Backstay.Cli.Connection;

/// <summary>
/// Whether the server at the other end is the controller that is meant. A certificate that the system's roots vouch for is
/// accepted; any other must have the key that was trusted before. A pin given on the command line is the only thing that counts.
/// </summary>
/// <param name="remembered">The pin from the first time; null when there was none.</param>
/// <param name="given">From <c>--trust-pin</c>; null when not given.</param>
internal sealed class CertificateTrust(string? remembered, string? given)
{
    /// <summary>The pin that would have been accepted.</summary>
    public string? Expected => given ?? remembered;

    /// <summary>The certificate that was turned away; null as long as none was.</summary>
    public SeenCertificate? Refused { get; private set; }

    /// <summary>The certificate that was accepted because of its key alone: worth remembering.</summary>
    public SeenCertificate? AcceptedByPin { get; private set; }

    /// <summary>For <see cref="SslClientAuthenticationOptions.RemoteCertificateValidationCallback"/>.</summary>
    public bool Accept(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null)
            return false;
        if (given is null && errors == SslPolicyErrors.None)
            return true;
        var seen = SeenCertificate.Of(certificate);
        if (seen.Pin == Expected)
        {
            AcceptedByPin = seen;
            return true;
        }

        Refused = seen;
        return false;
    }
}

/// <summary>What a person needs to recognize a certificate.</summary>
/// <param name="Pin"><c>sha256/</c> and the base64 SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4).</param>
internal sealed record SeenCertificate(string Pin, string Subject, string Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    public static SeenCertificate Of(X509Certificate certificate)
    {
        using var known = certificate as X509Certificate2 is { } same ? new X509Certificate2(same) : new X509Certificate2(certificate);
        var key = SHA256.HashData(known.PublicKey.ExportSubjectPublicKeyInfo());
        return new SeenCertificate(
            $"sha256/{Convert.ToBase64String(key)}", known.Subject, known.Issuer, known.NotBefore, known.NotAfter);
    }

    /// <summary>Reads a pin as it is written here and by curl (<c>sha256//…</c>); null when it is none.</summary>
    public static string? NormalPin(string text)
    {
        // In this order: '/' is a letter of base64, too, and a pin may begin with it.
        ReadOnlySpan<string> prefixes = ["", "sha256/", "sha256//"];
        var hash = new byte[SHA256.HashSizeInBytes];
        foreach (var prefix in prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                && Convert.TryFromBase64String(text[prefix.Length..], hash, out var written)
                && written == hash.Length)
                return $"sha256/{Convert.ToBase64String(hash)}";
        }

        return null;
    }
}
