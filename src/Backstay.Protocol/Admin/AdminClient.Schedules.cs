namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    private const string Schedules = "admin/backup-schedules";

    /// <summary><c>GET /backup-schedules</c>.</summary>
    public async Task<PagedList<BackupSchedule>> ListSchedulesAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery(Schedules, query), AdminJson.Default.PagedListBackupSchedule, cancellationToken);

    /// <summary><c>GET /backup-schedules/{id}</c>.</summary>
    public async Task<BackupSchedule> GetScheduleAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"{Schedules}/{id}", AdminJson.Default.BackupSchedule, cancellationToken);

    /// <summary><c>POST /backup-schedules</c>.</summary>
    public async Task<BackupSchedule> CreateScheduleAsync(BackupSchedule schedule, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, Schedules, schedule, AdminJson.Default.BackupSchedule, AdminJson.Default.BackupSchedule, cancellationToken);

    /// <summary><c>PUT /backup-schedules/{id}</c>: the whole object.</summary>
    public async Task<BackupSchedule> UpdateScheduleAsync(Guid id, BackupSchedule schedule, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put, $"{Schedules}/{id}", schedule, AdminJson.Default.BackupSchedule, AdminJson.Default.BackupSchedule, cancellationToken);

    /// <summary><c>DELETE /backup-schedules/{id}</c>.</summary>
    public async Task DeleteScheduleAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"{Schedules}/{id}", cancellationToken);

    /// <summary><c>POST /backup-schedules/{id}/run</c>: due now for every appliance, without spread.</summary>
    public async Task<RunAccepted> RunScheduleAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Post, $"{Schedules}/{id}/run", body: null, AdminJson.Default.RunAccepted, cancellationToken);

    /// <summary><c>GET /backup-schedules/{id}/next</c>.</summary>
    public async Task<UpcomingRuns> GetUpcomingRunsAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"{Schedules}/{id}/next", AdminJson.Default.UpcomingRuns, cancellationToken);

    /// <summary><c>POST /backup-schedules/next</c>: what a schedule would do; nothing is saved.</summary>
    public async Task<UpcomingRuns> PreviewScheduleAsync(BackupSchedule schedule, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, $"{Schedules}/next", schedule, AdminJson.Default.BackupSchedule, AdminJson.Default.UpcomingRuns, cancellationToken);

    /// <summary><c>GET /backup-schedules/{id}/appliances</c>.</summary>
    public async Task<PagedList<ScheduledAppliance>> ListScheduledAppliancesAsync(
        Guid id, ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(
            WithQuery($"{Schedules}/{id}/appliances", query), AdminJson.Default.PagedListScheduledAppliance, cancellationToken);
}
