using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using Backstay.Agent.Connection;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Tests;

/// <summary>
/// The other side of the agent API over real TLS, as far as it takes to make it fail on purpose: each call may be answered by a
/// fault first. What an agent does with a real controller is tested with one, end to end.
/// </summary>
internal sealed class TestController : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();

    private TestController(WebApplication app, X509Certificate2 certificate)
    {
        _app = app;
        Pin = PinnedHandler.PinOf(certificate);
    }

    public string Pin { get; }

    public string Address => _app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>()
        .Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public string Credential { get; } = "a-credential-of-this-test";

    /// <summary>Looks at each call, by its path below /agent/v1, before it is served; returns true if it answered itself.</summary>
    public Func<HttpContext, string, Task<bool>> Before { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>Looks at each call after it was served, before the answer leaves: what was done stays done.</summary>
    public Func<HttpContext, string, Task> After { get; set; } = (_, _) => Task.CompletedTask;

    public UploadSession? Session { get; set; }

    public ConcurrentDictionary<int, byte[]> Parts { get; } = new();

    public ConcurrentQueue<string> Calls { get; } = new();

    public ConcurrentQueue<LeaseRenewal> Renewals { get; } = new();

    public ConcurrentQueue<AgentHealth> Health { get; } = new();

    public CompleteUpload? Completed { get; private set; }

    public FailBackup? Failed { get; private set; }

    /// <summary>The archive, from its parts.</summary>
    public byte[] Archive => [.. Parts.OrderBy(part => part.Key).SelectMany(part => part.Value)];

    public static async Task<TestController> StartAsync(int port = 0, X509Certificate2? certificate = null)
    {
        certificate ??= MakeCertificate();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.UseHttps(certificate));
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRouting();
        var app = builder.Build();
        var controller = new TestController(app, certificate);
        app.Use(controller.InjectAsync);
        var api = app.MapGroup("/agent/v1");
        api.MapGet("events", (RequestDelegate)controller.EventsAsync);
        api.MapPost("enrol", (RequestDelegate)controller.EnrolAsync);
        api.MapPost("health", (RequestDelegate)(context => TakeAsync(context, AgentJson.Default.AgentHealth, controller.Health.Enqueue)));
        api.MapPost("backups/{id}/session", (RequestDelegate)controller.OpenAsync);
        api.MapPut("backups/{id}/session/{attempt}/parts/{number:int}", (RequestDelegate)controller.PartAsync);
        api.MapPost("backups/{id}/session/{attempt}/lease", (RequestDelegate)(context => TakeAsync(context, AgentJson.Default.LeaseRenewal, controller.Renewals.Enqueue)));
        api.MapPost("backups/{id}/session/{attempt}/complete", (RequestDelegate)(context => TakeAsync(context, AgentJson.Default.CompleteUpload, said => controller.Completed = said)));
        api.MapPost("backups/{id}/session/{attempt}/fail", (RequestDelegate)(context => TakeAsync(context, AgentJson.Default.FailBackup, said => controller.Failed = said)));
        await app.StartAsync();
        return controller;
    }

    public static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=somebody else", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(-1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), null);
    }

    public void Send(string type, string data = "") => _events.Writer.TryWrite($"event: {type}\ndata: {data}\n\n");

    /// <summary>Ends the event stream that is open.</summary>
    public void EndEvents() => _events.Writer.TryWrite("");

    public HttpClient CreateClient() => PinnedHandler.CreateClient([Pin]);

    public AgentClient CreateAgentClient(HttpClient http, TimeProvider? time = null) =>
        new(http, new AgentClientAddresses([Address]), Credential, time ?? TimeProvider.System);

    public static async Task RefuseAsync(HttpContext context, int status, string id, int? retryAfter = null)
    {
        if (retryAfter is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(
            JsonSerializer.SerializeToUtf8Bytes(new ApiError(id, $"refused on purpose: {id}"), AgentJson.Default.ApiError));
    }

    public async ValueTask DisposeAsync()
    {
        EndEvents();
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task InjectAsync(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value!["/agent/v1/".Length..];
        Calls.Enqueue($"{context.Request.Method} {path}");
        if (path != "enrol" && context.Request.Headers.Authorization != $"Bearer {Credential}")
            await RefuseAsync(context, 401, ErrorIds.Unauthorized);
        else if (!await Before(context, path))
        {
            await next(context);
            await After(context, path);
        }
    }

    private async Task EventsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync();
        await foreach (var text in _events.Reader.ReadAllAsync(context.RequestAborted))
        {
            if (text.Length == 0)
                return;
            await context.Response.WriteAsync(text);
            await context.Response.Body.FlushAsync();
        }
    }

    private async Task EnrolAsync(HttpContext context)
    {
        var request = await JsonSerializer.DeserializeAsync(context.Request.Body, AgentJson.Default.EnrolRequest);
        await context.Response.WriteAsJsonAsync(
            new EnrolResponse(request!.ApplianceId, "gateway-1", Credential), AgentJson.Default.EnrolResponse);
    }

    private Task OpenAsync(HttpContext context) => Session is { } session
        ? context.Response.WriteAsJsonAsync(session, AgentJson.Default.UploadSession)
        : RefuseAsync(context, 404, ErrorIds.NotFound);

    private async Task PartAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.ToArray();
        var number = int.Parse((string)context.Request.RouteValues["number"]!, System.Globalization.CultureInfo.InvariantCulture);
        var digest = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(bytes))}:";
        if (context.Request.Headers["Content-Digest"] != digest || context.Request.ContentLength != bytes.Length)
            await RefuseAsync(context, 400, ErrorIds.DigestMismatch);
        else if (!Parts.GetOrAdd(number, bytes).AsSpan().SequenceEqual(bytes))
            await RefuseAsync(context, 409, ErrorIds.PartConflict);
        else
            context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task TakeAsync<T>(HttpContext context, JsonTypeInfo<T> type, Action<T> take)
    {
        take((await JsonSerializer.DeserializeAsync(context.Request.Body, type))!);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
