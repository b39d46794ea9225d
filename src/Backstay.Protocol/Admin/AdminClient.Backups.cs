using System.Globalization;
using System.Net.Http.Headers;

namespace Backstay.Protocol.Admin;

public sealed partial class AdminClient
{
    private const int PageOfBackups = 50;

    /// <summary><c>POST /appliances/{id}/backup</c>: starts a backup. 412 when the appliance is offline, busy or not activated.</summary>
    public async Task<BackupAccepted> StartBackupAsync(Guid applianceId, BackupRequest request, CancellationToken cancellationToken) =>
        await SendAsync(
            HttpMethod.Post,
            $"admin/appliances/{applianceId}/backup",
            request,
            AdminJson.Default.BackupRequest,
            AdminJson.Default.BackupAccepted,
            cancellationToken);

    /// <summary><c>GET /appliances/{id}/backup/{backupId}/status</c>.</summary>
    public async Task<BackupStatus> GetBackupStatusAsync(Guid applianceId, Guid backupId, CancellationToken cancellationToken) =>
        await GetAsync(
            $"admin/appliances/{applianceId}/backup/{backupId}/status", AdminJson.Default.BackupStatus, cancellationToken);

    /// <summary><c>DELETE /appliances/{id}/backup/{backupId}</c>: removes the archive; an unfinished backup is cancelled.</summary>
    public async Task DeleteBackupAsync(Guid applianceId, Guid backupId, CancellationToken cancellationToken) =>
        await CallAsync(HttpMethod.Delete, $"admin/appliances/{applianceId}/backup/{backupId}", cancellationToken);

    /// <summary>The same call, but for a backup that has not ended only: one that has is left alone (412 <c>backup-ended</c>).</summary>
    public async Task CancelBackupAsync(Guid applianceId, Guid backupId, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Delete, $"admin/appliances/{applianceId}/backup/{backupId}", JsonForm);
        request.Headers.IfNoneMatch.Add(EntityTagHeaderValue.Any);
        using var response = await _http.SendAsync(request, cancellationToken);
        await ThrowIfRefusedAsync(response, cancellationToken);
    }

    /// <summary><c>GET /backups</c>: the backups of every appliance that the caller may back up.</summary>
    public async Task<PagedList<Backup>> ListBackupsAsync(ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery("admin/backups", query), AdminJson.Default.PagedListBackup, cancellationToken);

    /// <summary><c>GET /appliances/{id}/backups</c>.</summary>
    public async Task<PagedList<Backup>> ListBackupsAsync(Guid applianceId, ListRequest? query, CancellationToken cancellationToken) =>
        await GetAsync(WithQuery($"admin/appliances/{applianceId}/backups", query), AdminJson.Default.PagedListBackup, cancellationToken);

    /// <summary>The backups of an appliance, newest first, page by page as they are asked for.</summary>
    public async IAsyncEnumerable<Backup> NewestBackupsAsync(
        Guid applianceId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var first = 0; ; first += PageOfBackups)
        {
            var range = string.Create(CultureInfo.InvariantCulture, $"{first}-{first + PageOfBackups - 1}");
            var query = new ListRequest(Range: range, OrderBy: "created", Descending: true);
            var page = await ListBackupsAsync(applianceId, query, cancellationToken);
            foreach (var backup in page.Data)
                yield return backup;
            if (page.Data.Count == 0 || first + page.Data.Count >= page.TotalCount)
                yield break;
        }
    }
}
