namespace Backstay.Controller.Hosting;

/// <summary>The certificate to serve. Without one the controller makes its own at first start and renews it with the same key.</summary>
internal sealed class TlsOptions
{
    public const string Section = "Tls";

    /// <summary>A PEM file (certificate, then its chain) or a PFX file (<c>.pfx</c>, <c>.p12</c>). Read again when it changes.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>The PEM file of the private key. Default: it is in <see cref="CertificateFile"/>.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>Opens the PFX file or the encrypted key.</summary>
    public string Password { get; set; } = "";
}
