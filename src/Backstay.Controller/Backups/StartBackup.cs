using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Auditing;
using Backstay.Controller.Catalog;
using Backstay.Controller.Keys;
using Backstay.Controller.Notifications;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups;

/// <summary>
/// Steps 0 and 1 of a backup. The answer comes before any work: when the agent is told (step 2), <see cref="Admission"/> decides; the
/// session key and its envelope are made when the agent opens its session (docs/decisions/0016).
/// </summary>
internal sealed partial class StartBackup(
    CatalogContext catalog,
    WriteGate gate,
    BackupAccess access,
    NotifyUrlPolicy notifyUrls,
    AuditTrail audit,
    AdmissionHint admission,
    BackupKeyring keyring,
    StoreRoom room,
    RequestMetrics requests,
    BackupMetrics metrics,
    IOptions<BackupOptions> options,
    TimeProvider time,
    ILogger<StartBackup> logger)
{
    private static readonly TimeSpan DisabledRetryAfter = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FullRetryAfter = TimeSpan.FromMinutes(10);

    public static async Task<Results<Accepted<BackupAccepted>, Ok<BackupAccepted>, ApiErrorResult>> HandleAsync(
        RouteId id, Caller caller, PeerVersion version, HttpContext http, StartBackup start, CancellationToken cancellationToken)
    {
        var (backup, refusal) = await start.RunAsync(id, caller, http.Request, cancellationToken);
        if (backup is null)
            return refusal!;

        var location = $"/admin/appliances/{backup.ApplianceId}/backup/{backup.Id}/status";
        if (version.AnswersAccepted)
            return TypedResults.Accepted(location, new BackupAccepted(backup.Id));

        http.Response.Headers.Location = location;
        return TypedResults.Ok(new BackupAccepted(backup.Id));
    }

    private async Task<(BackupEntity? Backup, ApiErrorResult? Refusal)> RunAsync(
        RouteId id, Caller caller, HttpRequest http, CancellationToken cancellationToken)
    {
        // Step 0. Accept (406), token (401) and the privilege as such (403) were checked on the way here. Now: the appliance exists
        // (404), is within the caller's scope (403) …
        var (appliance, refusal) = await access.ApplianceAsync(id, caller, cancellationToken);
        if (appliance is null)
            return (null, refusal);

        // … the body (400) …
        (var request, refusal) = await RequestBody.ReadAsync(http, AdminJson.Default.BackupRequest, cancellationToken, whenEmpty: new BackupRequest());
        if (request is null)
            return (null, refusal);
        if (request.NotifyUrl is not null && notifyUrls.Check(request.NotifyUrl) is { } wrong)
            return (null, ApiErrors.BadRequest(wrong));

        // … the backup API is enabled and the store has room (503), the appliance is activated, online and not being backed up (412).
        refusal = await ServiceRefusalAsync(cancellationToken);
        if (refusal is { Value.Id: ErrorIds.StoreFull })
            requests.Refused(RefusedBy.Store);
        if (refusal is not null)
            return (null, refusal);

        return await StartAsync(appliance, request, caller.Name, claim: null, cancellationToken);
    }

    /// <summary>Whether no backup can be started now, of whatever appliance: 503, or null.</summary>
    public async Task<ApiErrorResult?> ServiceRefusalAsync(CancellationToken cancellationToken)
    {
        if (!await catalog.Settings.AnyAsync(s => s.BackupApiEnabled, cancellationToken))
        {
            return ApiErrors.Unavailable(
                ErrorIds.BackupApiDisabled,
                "The backup API is disabled. An administrator can enable it, with a backup passphrase, in the global settings.",
                DisabledRetryAfter);
        }

        if (!await keyring.CanSealAsync(cancellationToken))
        {
            return ApiErrors.Unavailable(
                ErrorIds.NoBackupKey,
                "There is nothing to seal an archive to: no backup passphrase, and no public key that is confirmed and in force. An administrator "
                + "can set the one or import the other.",
                DisabledRetryAfter);
        }

        return await room.RefusalAsync(cancellationToken) is { } full
            ? ApiErrors.Unavailable(ErrorIds.StoreFull, $"{full} Delete backups that aren't needed, or give the store more room.", FullRetryAfter)
            : null;
    }

    /// <summary>
    /// The end of step 0, and step 1, for whoever asks: a caller of the API, or a schedule. <see cref="ServiceRefusalAsync"/> was asked before.
    /// </summary>
    /// <param name="request">Checked.</param>
    /// <param name="requestedBy">A name for people.</param>
    /// <param name="claim">What commits together with the backup, in its transaction; false: somebody else was faster, and nothing is
    /// started.</param>
    /// <returns>The backup, or the refusal (412, 404); neither when the claim failed.</returns>
    public async Task<(BackupEntity? Backup, ApiErrorResult? Refusal)> StartAsync(
        ApplianceEntity appliance,
        BackupRequest request,
        string requestedBy,
        Func<BackupEntity, CancellationToken, Task<bool>>? claim,
        CancellationToken cancellationToken)
    {
        if (await StateRefusalAsync(appliance, cancellationToken) is { } refusal)
            return (null, refusal);

        // Step 1. One transaction. Of requests at the same moment, the unique partial index lets one through.
        var backup = NewBackup(appliance, request, requestedBy);
        try
        {
            using (await gate.EnterAsync(cancellationToken))
            {
                await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
                if (claim is not null && !await claim(backup, cancellationToken))
                    return (null, null);

                // Asked again, so close to the insert that only a race leaves it to the index: an exception is a dear way to learn it.
                if (!await catalog.Appliances.AnyAsync(a => a.Id == appliance.Id, cancellationToken))
                    return (null, ApiErrors.NotFound("appliance"));
                if (await IsBusyAsync(appliance, cancellationToken))
                    return (null, Busy(appliance));

                catalog.Backups.Add(backup);
                audit.Add("backup.start", appliance.Name, $"backup {backup.Id}", StatusCodes.Status202Accepted, requestedBy);
                await catalog.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
        }
        catch (DbUpdateException exception) when (exception.IsTaken())
        {
            return (null, Busy(appliance));
        }
        catch (DbUpdateException exception) when (CatalogErrors.BreaksReference(exception))
        {
            return (null, ApiErrors.NotFound("appliance"));
        }

        metrics.Started();
        Log.Recorded(logger, backup.Id, appliance.Id);
        admission.Wake();
        return (backup, null);
    }

    private async Task<ApiErrorResult?> StateRefusalAsync(ApplianceEntity appliance, CancellationToken cancellationToken)
    {
        if (!appliance.Activated)
        {
            return ApiErrors.PreconditionFailed(
                ErrorIds.ApplianceNotActivated,
                $"Appliance {appliance.Name} isn't activated. Export its seed, and enrol its agent with it.");
        }

        if (appliance.OnlineUntil is not { } online || online <= time.GetUtcNow())
        {
            return ApiErrors.PreconditionFailed(
                ErrorIds.ApplianceOffline,
                $"Appliance {appliance.Name} is offline: its agent isn't connected. Try again when it is.");
        }

        return await IsBusyAsync(appliance, cancellationToken) ? Busy(appliance) : null;
    }

    private Task<bool> IsBusyAsync(ApplianceEntity appliance, CancellationToken cancellationToken) =>
        catalog.Backups.AnyAsync(b => b.ApplianceId == appliance.Id && b.State < BackupState.Succeeded, cancellationToken);

    private static ApiErrorResult Busy(ApplianceEntity appliance) => ApiErrors.PreconditionFailed(
        ErrorIds.ApplianceBusy,
        $"Appliance {appliance.Name} is already being backed up. Wait until that backup has ended, or cancel it.");

    private BackupEntity NewBackup(ApplianceEntity appliance, BackupRequest request, string requestedBy)
    {
        var now = time.GetUtcNow();
        return new BackupEntity
        {
            Id = Guid.CreateVersion7(now),
            ApplianceId = appliance.Id,
            State = BackupState.Pending,
            Logs = request.Logs is true,
            Audit = request.Audit is true,
            NotifyUrl = request.NotifyUrl,
            RequestedBy = requestedBy,
            Created = now,
            LeaseUntil = now + options.Value.MaxWait,
            Deadline = now + options.Value.MaxWait,
            Message = Admission.WaitingMessage,
            Envelope = [],
        };
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 1: backup {Backup} of appliance {Appliance} is in the catalog.")]
        public static partial void Recorded(ILogger logger, Guid backup, Guid appliance);
    }
}
