namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    private const string Objectives = "admin/backup-objectives";
    private const string Endpoints = "admin/event-endpoints";

    /// <summary><c>GET /fleet</c>: worst first.</summary>
    /// <param name="state">Only those of one state.</param>
    public async Task<Fleet> GetFleetAsync(ProtectionState? state, ListRequest? query, CancellationToken cancellationToken)
    {
        var path = WithQuery("admin/fleet", query);
        if (state is { } wanted)
        {
            var word = System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(wanted.ToString());
            path += $"{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}state={word}";
        }

        return await GetAsync(path, AdminJson.Default.Fleet, cancellationToken);
    }

    /// <summary><c>GET /backup-objectives</c>.</summary>
    public async Task<PagedList<BackupObjective>> ListObjectivesAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery(Objectives, query), AdminJson.Default.PagedListBackupObjective, cancellationToken);

    /// <summary><c>POST /backup-objectives</c>.</summary>
    public async Task<BackupObjective> CreateObjectiveAsync(BackupObjective objective, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, Objectives, objective, AdminJson.Default.BackupObjective, AdminJson.Default.BackupObjective, cancellationToken);

    /// <summary><c>PUT /backup-objectives/{id}</c>: the whole object.</summary>
    public async Task<BackupObjective> UpdateObjectiveAsync(Guid id, BackupObjective objective, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put, $"{Objectives}/{id}", objective, AdminJson.Default.BackupObjective, AdminJson.Default.BackupObjective, cancellationToken);

    /// <summary><c>DELETE /backup-objectives/{id}</c>.</summary>
    public async Task DeleteObjectiveAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"{Objectives}/{id}", cancellationToken);

    /// <summary><c>GET /events</c>.</summary>
    public async Task<PagedList<Event>> ListEventsAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/events", query), AdminJson.Default.PagedListEvent, cancellationToken);

    /// <summary><c>GET /event-endpoints</c>.</summary>
    public async Task<PagedList<EventEndpoint>> ListEventEndpointsAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery(Endpoints, query), AdminJson.Default.PagedListEventEndpoint, cancellationToken);

    /// <summary><c>POST /event-endpoints</c>.</summary>
    public async Task<EventEndpoint> CreateEventEndpointAsync(EventEndpoint endpoint, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Post, Endpoints, endpoint, AdminJson.Default.EventEndpoint, AdminJson.Default.EventEndpoint, cancellationToken);

    /// <summary><c>PUT /event-endpoints/{id}</c>: the whole object.</summary>
    public async Task<EventEndpoint> UpdateEventEndpointAsync(Guid id, EventEndpoint endpoint, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put, $"{Endpoints}/{id}", endpoint, AdminJson.Default.EventEndpoint, AdminJson.Default.EventEndpoint, cancellationToken);

    /// <summary><c>DELETE /event-endpoints/{id}</c>.</summary>
    public async Task DeleteEventEndpointAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"{Endpoints}/{id}", cancellationToken);

    /// <summary><c>POST /event-endpoints/{id}/test</c>: a POST that tells of nothing.</summary>
    public async Task TestEventEndpointAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, $"{Endpoints}/{id}/test", cancellationToken);
}
