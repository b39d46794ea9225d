using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Backstay.Cli.Tests.Running;

/// <summary>
/// A server that speaks enough of the admin API to do to the program what a controller never does: cut connections, lie about
/// digests, change its key, be slow, hand out hostile names. Everything else is tested against the real controller.
/// </summary>
internal sealed partial class Peer : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    public const string Token = "token-of-the-peer";

    private readonly WebApplication _app;
    private readonly TemporaryFolder _folder = new();

    private Peer(WebApplication app, X509Certificate2 certificate)
    {
        _app = app;
        Certificate = certificate;
    }

    public static Guid ApplianceId { get; } = new("11111111-1111-4111-8111-111111111111");
    public static Guid BackupId { get; } = new("22222222-2222-4222-8222-222222222222");

    public X509Certificate2 Certificate { get; }

    public Uri Address { get; private set; } = null!;

    public string Config => _folder.File("config.json");

    public string Pin => $"sha256/{Convert.ToBase64String(SHA256.HashData(Certificate.PublicKey.ExportSubjectPublicKeyInfo()))}";

    /// <summary>The requests so far: <c>GET /admin/version HTTP/2 bytes=0-</c>.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>What <c>GET …/backups</c> tells; changed by the test as the backup goes on.</summary>
    public IReadOnlyList<Backup> Backups { get; set; } = [Wire.Success()];

    public IReadOnlyList<ApplianceStatus> Appliances { get; set; } = [Wire.Appliance("gw-01", ApplianceId)];

    public PeerArchive Archive { get; } = new();

    /// <summary>Of the backups that have another one.</summary>
    public Dictionary<Guid, PeerArchive> Archives { get; } = [];

    /// <summary>Answers every call but <c>/version</c> and <c>/login</c> with this.</summary>
    public (int Status, ApiError Error)? Refusal { get; set; }

    /// <summary>Answers the start of a backup with this.</summary>
    public (int Status, ApiError Error)? StartRefusal { get; set; }

    public static async Task<Peer> StartAsync(X509Certificate2? certificate = null, int port = 0)
    {
        certificate ??= NewCertificate();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(certificate)));
        var app = builder.Build();
        var peer = new Peer(app, certificate);
        app.Use(peer.RecordAsync);
        peer.Map(app);
        await app.StartAsync();
        peer.Address = new Uri(app.Urls.Single());
        return peer;
    }

    public static X509Certificate2 NewCertificate() => NewCertificate(_ => { });

    /// <summary>One that a client can accept by its name and its issuer alone.</summary>
    public static X509Certificate2 NewCertificateForLocalhost() => NewCertificate(request =>
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
    });

    private static X509Certificate2 NewCertificate(Action<CertificateRequest> extend)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=peer of a test", key, HashAlgorithmName.SHA256);
        extend(request);
        var now = TimeProvider.System.GetUtcNow();
        using var bare = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return X509CertificateLoader.LoadPkcs12(bare.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Runs the program as somebody who has trusted this peer and signed in.</summary>
    public Task<CliResult> RunAsync(params IReadOnlyList<string> arguments) => CliProcess.RunAsync(arguments, Environment());

    public CliProcess Start(params IReadOnlyList<string> arguments) => CliProcess.Start(arguments, Environment());

    public Dictionary<string, string> Environment() => new()
    {
        ["BACKSTAY_CONFIG"] = Config,
        ["BACKSTAY_CONTROLLER"] = Address.ToString(),
        ["BACKSTAY_TRUST_PIN"] = Pin,
        ["BACKSTAY_TOKEN"] = Token,
    };

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    private async Task RecordAsync(HttpContext http, RequestDelegate next)
    {
        Requests.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} {http.Request.Protocol} {http.Request.Headers.Range} {http.Request.Headers.Accept}");
        var isOpen = http.Request.Path.Value is "/admin/version" or "/admin/login";
        if (!isOpen && http.Request.Headers.Authorization != $"Bearer {Token}")
            await Wire.WriteAsync(http, 401, new ApiError(ErrorIds.Unauthorized, "This token is not known."));
        else if (!isOpen && Refusal is { } refusal)
            await Wire.WriteAsync(http, refusal.Status, refusal.Error);
        else
            await next(http);
    }
}
