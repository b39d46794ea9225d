using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Backstay.Controller.Backups;

/// <summary>How far a backup is. Clients poll it for as long as it takes, so it costs a few reads by key, and for one that waits a count of those before it.</summary>
internal static class ShowStatus
{
    public static async Task<Results<Ok<BackupStatus>, ApiErrorResult>> HandleAsync(
        RouteId id, RouteId backupId, Caller caller, PeerVersion version, HttpRequest request, BackupAccess access,
        CatalogContext catalog, CancellationToken cancellationToken)
    {
        var (backup, _, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        if (backup is null)
            return refusal!;
        if (Preconditions.Refusal(request.Headers, current: null) is { } failed)
            return failed;

        var message = backup.Waits ? await Admission.MessageAsync(catalog, backup, cancellationToken) : backup.Message;
        return TypedResults.Ok(ToWire(backup, message, version));
    }

    private static BackupStatus ToWire(BackupEntity backup, string? message, PeerVersion version)
    {
        var done = backup.State >= BackupState.Succeeded;
        var failed = backup.State == BackupState.Failed;
        return new BackupStatus(
            done ? BackupStatusWord.Done : BackupStatusWord.Processing,
            !done ? null : failed ? BackupResult.Failure : BackupResult.Success,
            version.HasStatusMessage ? message : null,
            failed ? backup.Output : null,
            failed ? "utf-8" : null);
    }
}
