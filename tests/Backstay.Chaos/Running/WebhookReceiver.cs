using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Backstay.Chaos.Running;

/// <summary>A notification that arrived.</summary>
/// <param name="Signed">Its signature is good (Standard Webhooks).</param>
/// <param name="StatusThen">What the status API said of the backup before the notification was answered; null when nobody answered.</param>
internal sealed record Arrival(BackupNotification Notification, bool Signed, BackupStatus? StatusThen);

/// <summary>The receiver of an installation's notifications: real HTTP, and not one line of the controller's code in it.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan AskFor = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<Guid, ConcurrentQueue<Arrival>> _arrivals = new();

    private WebhookReceiver(WebApplication app) => _app = app;

    /// <summary>Where to notify.</summary>
    public string Url { get; private set; } = "";

    /// <summary>What notifications are signed with (<c>whsec_…</c>).</summary>
    public string Secret { get; set; } = "";

    /// <summary>Asks the status API of a backup.</summary>
    public Func<BackupNotificationData, CancellationToken, Task<BackupStatus>>? Status { get; set; }

    /// <summary>Told of a notification before it is answered.</summary>
    public Action<Guid>? Received { get; set; }

    public static async Task<WebhookReceiver> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync(cancellationToken);
        receiver.Url = $"{receiver._app.Urls.First()}/ended";
        return receiver;
    }

    public IReadOnlyCollection<Arrival> Of(Guid backup) => _arrivals.TryGetValue(backup, out var arrivals) ? [.. arrivals] : [];

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var notification = JsonSerializer.Deserialize(body, AdminJson.Default.BackupNotification)!;
        var signed = IsSigned(context.Request.Headers, body);
        Received?.Invoke(notification.Data.BackupId);

        // Not the request's token: its sender may have just been killed, and the answer is wanted all the same.
        var status = await StatusAsync(notification.Data, CancellationToken.None);
        _arrivals.GetOrAdd(notification.Data.BackupId, _ => []).Enqueue(new Arrival(notification, signed, status));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task<BackupStatus?> StatusAsync(BackupNotificationData data, CancellationToken cancellationToken)
    {
        try
        {
            return await Patience.AskAsync(ct => Status!(data, ct), AskFor, "status", cancellationToken);
        }
        catch (Exception exception) when (exception is OutOfPatienceException or AdminApiException)
        {
            return null;
        }
    }

    private bool IsSigned(IHeaderDictionary headers, string body)
    {
        var signed = $"{headers["webhook-id"]}.{headers["webhook-timestamp"]}.{body}";
        var mac = HMACSHA256.HashData(Convert.FromBase64String(Secret.Split('_', 2)[1]), Encoding.UTF8.GetBytes(signed));
        return headers["webhook-signature"].ToString().Split(' ').Contains("v1," + Convert.ToBase64String(mac));
    }
}
