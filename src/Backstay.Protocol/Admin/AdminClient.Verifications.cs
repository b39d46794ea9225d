namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    /// <summary><c>POST /appliances/{id}/backup/{backupId}/verify</c>: queues a proof; the same one while it is under way.</summary>
    public async Task<VerificationAccepted> VerifyBackupAsync(
        Guid applianceId, Guid backupId, VerifyRequest request, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            $"{ArchivePath(applianceId, backupId)}/verify",
            request,
            AdminJson.Default.VerifyRequest,
            AdminJson.Default.VerificationAccepted,
            cancellationToken);

    /// <summary><c>POST /appliances/{id}/backup/{backupId}/verifications</c>: has a proof kept that was made on this side.</summary>
    public async Task<VerificationRecord> ReportVerificationAsync(
        Guid applianceId, Guid backupId, VerificationReport report, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            $"{ArchivePath(applianceId, backupId)}/verifications",
            report,
            AdminJson.Default.VerificationReport,
            AdminJson.Default.VerificationRecord,
            cancellationToken);

    /// <summary><c>GET /verifications</c>: of the backups of every appliance that the caller may back up.</summary>
    public async Task<PagedList<VerificationRecord>> ListVerificationsAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/verifications", query), AdminJson.Default.PagedListVerificationRecord, cancellationToken);

    /// <summary><c>GET /verifications/{id}</c>: how far it is, or what it found.</summary>
    public async Task<VerificationRecord> GetVerificationAsync(Guid id, CancellationToken cancellationToken) =>
        await GetAsync($"admin/verifications/{id}", AdminJson.Default.VerificationRecord, cancellationToken);
}
