namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    /// <summary><c>GET /notifications/deliveries</c>.</summary>
    /// <param name="backupId">Only those of one backup.</param>
    public async Task<PagedList<Delivery>> ListDeliveriesAsync(Guid? backupId, ListRequest? query, CancellationToken cancellationToken)
    {
        var path = WithQuery("admin/notifications/deliveries", query);
        if (backupId is not null)
            path += $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}backupId={backupId}";
        return await GetAsync(path, AdminJson.Default.PagedListDelivery, cancellationToken);
    }

    /// <summary><c>GET /notifications/deliveries/{id}</c>.</summary>
    public async Task<Delivery> GetDeliveryAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"admin/notifications/deliveries/{id}", AdminJson.Default.Delivery, cancellationToken);

    /// <summary><c>POST /notifications/deliveries/{id}/replay</c>: tried again soon, whatever came of it before.</summary>
    public async Task ReplayDeliveryAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, $"admin/notifications/deliveries/{id}/replay", cancellationToken);

    /// <summary><c>GET /notifications/secret</c>.</summary>
    public async Task<WebhookSecret> GetWebhookSecretAsync(CancellationToken cancellationToken) =>
        await GetAsync("admin/notifications/secret", AdminJson.Default.WebhookSecret, cancellationToken);

    /// <summary><c>POST /notifications/secret/rotate</c>: a new secret; the old one signs too for a while.</summary>
    public async Task<WebhookSecret> RotateWebhookSecretAsync(CancellationToken cancellationToken) =>
        await CallAsync(
            HttpMethod.Post, "admin/notifications/secret/rotate", body: null, AdminJson.Default.WebhookSecret, cancellationToken);
}
