namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    private const string Policies = "admin/retention-policies";

    /// <summary><c>GET /retention-policies</c>.</summary>
    public async Task<PagedList<RetentionPolicy>> ListRetentionPoliciesAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery(Policies, query), AdminJson.Default.PagedListRetentionPolicy, cancellationToken);

    /// <summary><c>POST /retention-policies</c>.</summary>
    public async Task<RetentionPolicy> CreateRetentionPolicyAsync(RetentionPolicy policy, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post, Policies, policy, AdminJson.Default.RetentionPolicy, AdminJson.Default.RetentionPolicy, cancellationToken);

    /// <summary><c>PUT /retention-policies/{id}</c>: the whole object.</summary>
    public async Task<RetentionPolicy> UpdateRetentionPolicyAsync(Guid id, RetentionPolicy policy, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put, $"{Policies}/{id}", policy, AdminJson.Default.RetentionPolicy, AdminJson.Default.RetentionPolicy, cancellationToken);

    /// <summary><c>DELETE /retention-policies/{id}</c>.</summary>
    public async Task DeleteRetentionPolicyAsync(Guid id, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"{Policies}/{id}", cancellationToken);

    /// <summary><c>POST /retention-policies/preview</c>: what would stay and what would go, by appliance. Nothing is saved, nothing goes.</summary>
    public async Task<PagedList<RetentionPreview>> PreviewRetentionAsync(
        RetentionPreviewRequest request, ListRequest? query, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            WithQuery($"{Policies}/preview", query),
            request,
            AdminJson.Default.RetentionPreviewRequest,
            AdminJson.Default.PagedListRetentionPreview,
            cancellationToken);

    /// <summary><c>GET /retention-policies/clock</c>.</summary>
    public async Task<RetentionClockState> GetRetentionClockAsync(CancellationToken cancellationToken) =>
        await GetAsync($"{Policies}/clock", AdminJson.Default.RetentionClockState, cancellationToken);

    /// <summary><c>POST /retention-policies/clock/confirm</c>. 412 when the controller's clock says another time.</summary>
    public async Task<RetentionClockState> ConfirmRetentionClockAsync(DateTimeOffset time, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            $"{Policies}/clock/confirm",
            new ClockConfirmation(time),
            AdminJson.Default.ClockConfirmation,
            AdminJson.Default.RetentionClockState,
            cancellationToken);

    /// <summary><c>PUT …/hold</c>: the backup stays until it is released. 412 when somebody else holds it.</summary>
    public async Task<Backup> HoldBackupAsync(Guid applianceId, Guid backupId, HoldRequest hold, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put,
            $"admin/appliances/{applianceId}/backup/{backupId}/hold",
            hold,
            AdminJson.Default.HoldRequest,
            AdminJson.Default.Backup,
            cancellationToken);

    /// <summary><c>DELETE …/hold</c>.</summary>
    public async Task ReleaseBackupAsync(Guid applianceId, Guid backupId, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"admin/appliances/{applianceId}/backup/{backupId}/hold", cancellationToken);

    /// <summary><c>PUT …/lock</c>: nobody deletes the backup before. 412 when it is locked for longer already.</summary>
    public async Task<Backup> LockBackupAsync(Guid applianceId, Guid backupId, LockRequest until, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Put,
            $"admin/appliances/{applianceId}/backup/{backupId}/lock",
            until,
            AdminJson.Default.LockRequest,
            AdminJson.Default.Backup,
            cancellationToken);
}
