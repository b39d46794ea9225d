using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backstay.Controller.Catalog;
using Backstay.Controller.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Hosting;

public sealed class ServingCertificateTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Its_own_certificate_is_P_256_and_names_every_way_in()
    {
        var certificate = Make(listen: new ListenOptions
        {
            Urls = "https://192.0.2.7:8443",
            PublicUrls = "https://backup.example.com:8443",
        }).LoadOrMake();

        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(256, certificate.GetECDsaPublicKey()!.KeySize);
        Assert.Superset(
            new HashSet<string> { "localhost", "backup.example.com" }, names.EnumerateDnsNames().ToHashSet());
        Assert.Equal(["127.0.0.1", "192.0.2.7", "::1"], names.EnumerateIPAddresses().Select(a => a.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void It_is_renewed_before_it_ends_with_the_key_that_the_pins_know()
    {
        var serving = Serving(new TlsOptions());
        var (pin, first) = (serving.Pin, serving.Context.TargetCertificate);

        _time.Advance(SelfMadeCertificate.Lifetime - SelfMadeCertificate.Renewal - TimeSpan.FromDays(1));
        Assert.Equal(first.Thumbprint, serving.Context.TargetCertificate.Thumbprint);
        _time.Advance(TimeSpan.FromDays(1));

        Assert.NotEqual(first.Thumbprint, serving.Context.TargetCertificate.Thumbprint);
        Assert.Equal(pin, serving.Pin);
    }

    [Fact]
    public void It_is_made_anew_with_the_same_key_when_the_names_change()
    {
        var before = Make().LoadOrMake();
        var after = Make(listen: new ListenOptions { PublicUrls = "https://new.example.com" }).LoadOrMake();

        Assert.NotEqual(before.Thumbprint, after.Thumbprint);
        Assert.Equal(before.PublicKey.ExportSubjectPublicKeyInfo(), after.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal(after.Thumbprint, Make(listen: new ListenOptions { PublicUrls = "https://new.example.com" }).LoadOrMake().Thumbprint);
    }

    [Theory]
    [InlineData("server.pem", "")]
    [InlineData("server.pfx", "secret")]
    public void A_given_certificate_is_served_and_read_again_when_it_changes(string name, string password)
    {
        var file = Path.Combine(_folder, name);
        var first = WriteCertificate(file, password);
        var serving = Serving(new TlsOptions { CertificateFile = file, Password = password });
        Assert.Equal(first, serving.Context.TargetCertificate.Thumbprint);

        var second = WriteCertificate(file, password);
        File.SetLastWriteTimeUtc(file, new DateTime(2031, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Equal(first, serving.Context.TargetCertificate.Thumbprint);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(second, serving.Context.TargetCertificate.Thumbprint);

        File.WriteAllText(file, "half a file");
        File.SetLastWriteTimeUtc(file, new DateTime(2032, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(second, serving.Context.TargetCertificate.Thumbprint);
    }

    [Fact]
    public void A_certificate_that_cannot_be_used_is_a_reason_not_to_start_with_its_name()
    {
        var file = Path.Combine(_folder, "missing.pem");

        var failure = Assert.Throws<StartupException>(() => Serving(new TlsOptions { CertificateFile = file }).Prepare());

        Assert.Contains(file, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http/1.1")]
    [InlineData("h2")]
    public async Task Both_versions_of_HTTP_are_offered_and_nothing_older_than_TLS_1_2(string protocol)
    {
        await using var host = await ControllerHost.StartAsync();
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port);
        await using var tls = new SslStream(socket.GetStream());

        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [new SslApplicationProtocol(protocol)],
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
        });

        Assert.Equal(protocol, tls.NegotiatedApplicationProtocol.ToString());
        Assert.True(tls.SslProtocol >= System.Security.Authentication.SslProtocols.Tls12);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private SelfMadeCertificate Make(ListenOptions? listen = null) => new(
        new DataFolder(
            Options.Create(new DataOptions { Folder = _folder }), Options.Create(new CatalogOptions { File = Path.Combine(_folder, "catalog.db") })),
        Options.Create(listen ?? new ListenOptions()),
        _time);

    private ServingCertificate Serving(TlsOptions options) =>
        new(Options.Create(options), Make(), _time, NullLogger<ServingCertificate>.Instance);

    private string WriteCertificate(string file, string password)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=given", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(_time.GetUtcNow(), _time.GetUtcNow().AddYears(1));
        if (password is "")
        {
            File.WriteAllText(file, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem());
        }
        else
        {
            File.WriteAllBytes(file, certificate.ExportPkcs12(Pkcs12ExportPbeParameters.Pbes2Aes256Sha256, password));
        }

        return certificate.Thumbprint;
    }
}
