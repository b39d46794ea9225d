using System.Security.Cryptography;
using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>Step 3: opens a session. A new attempt closes the one before it, from the moment its number is in the row.</summary>
internal sealed partial class OpenUpload(
    CatalogContext catalog,
    WriteGate gate,
    SessionKeys keys,
    IArchiveStore store,
    StoreRoom room,
    BackupEnding ending,
    Removals removals,
    Admission admission,
    IOptions<BackupOptions> options,
    TimeProvider time,
    ILogger<OpenUpload> logger)
{
    private const int MaxVersion = 64;

    private static readonly TimeSpan WaitingRetryAfter = TimeSpan.FromSeconds(10);

    public static async Task<Results<Ok<UploadSession>, ApiErrorResult>> HandleAsync(
        Guid id, AgentCaller agent, HttpRequest request, OpenUpload open, CancellationToken cancellationToken)
    {
        var (body, refusal) = await RequestBody.ReadAsync(request, AgentJson.Default.OpenSession, cancellationToken);
        if (body is null)
            return refusal!;
        if (body.Instance == Guid.Empty)
            return ApiErrors.BadRequest("instance is missing: a random UUID, made anew by every agent process.");

        var (session, error) = await open.RunAsync(id, agent, body, cancellationToken);
        return session is null ? error! : TypedResults.Ok(session);
    }

    private async Task<(UploadSession? Session, ApiErrorResult? Refusal)> RunAsync(
        Guid id, AgentCaller agent, OpenSession request, CancellationToken cancellationToken)
    {
        var backup = await catalog.FindAsync(id, agent, cancellationToken);
        if (backup is { Waits: true })
        {
            // Agents are told of a backup once it is admitted. This one was faster, or asks out of turn.
            await admission.AdmitAsync(cancellationToken);
            backup = await catalog.FindAsync(id, agent, cancellationToken);
        }

        if (backup is null || backup.State >= BackupState.Succeeded)
            return (null, UploadAttempt.Refusal(backup, 0));
        if (backup.Waits)
        {
            return (null, ApiErrors.Unavailable(
                ErrorIds.BackupWaiting, await Admission.MessageAsync(catalog, backup, cancellationToken), WaitingRetryAfter));
        }

        if (backup.State == BackupState.Running && backup.AgentInstance != request.Instance)
        {
            // Another process of this agent made it, and is gone.
            await ending.FailAsync(
                id, BackupFailure.AgentRestarted(), cancellationToken,
                b => b.State == BackupState.Running && b.AgentInstance != request.Instance);
            return (null, UploadAttempt.Refusal(await catalog.FindAsync(id, agent, cancellationToken), 0));
        }

        if (backup.Attempt == 0 && await room.RefusalAsync(cancellationToken) is { } full)
        {
            // There was room when it was asked for.
            await ending.FailAsync(id, BackupFailure.StoreFull(full), cancellationToken, b => b.Attempt == 0);
            return (null, ApiErrors.StoreFull("The archive store is full. The backup has failed; stop working on it."));
        }

        (byte[] Key, byte[] Envelope)? sealing;
        try
        {
            sealing = await keys.GetAsync(id, cancellationToken);
        }
        catch (Exception exception) when (exception is CryptographicException or InvalidOperationException)
        {
            Log.NoSessionKey(logger, id, exception);
            await ending.FailAsync(
                id, BackupFailure.ControllerFailed("it could not make, or open, the session key of this backup."), cancellationToken);
            sealing = null;
        }

        // The number in the row is what closes the older attempt: from here on its parts are refused.
        var attempt = backup.Attempt + 1;
        if (sealing is null || !await ClaimAsync(backup, attempt, request, cancellationToken))
        {
            // It ended, or another session of this process was opened, in the meantime: that one's answer counts.
            var current = await catalog.FindAsync(id, agent, cancellationToken);
            return (null, UploadAttempt.Refusal(current, attempt) ?? UploadAttempt.Closed(attempt));
        }

        var key = new ArchiveKey(id, attempt);
        Log.Claimed(logger, key);
        try
        {
            await store.BeginAsync(key, cancellationToken);
        }
        catch (ArchiveStoreException exception)
        {
            Log.NotBegun(logger, key, exception);
            if (exception.Fault != StoreFault.Full)
                return (null, UploadAttempt.StoreUnavailable());

            await ending.FailAsync(id, BackupFailure.StoreFull(exception.Message), cancellationToken);
            return (null, ApiErrors.StoreFull("The archive store is full. The backup has failed; stop working on it."));
        }

        await DiscardOlderAsync(id, attempt, cancellationToken);
        Log.Open(logger, key);
        return (
            new UploadSession(
                id, agent.ApplianceId, agent.Name, attempt, backup.Logs, backup.Audit, sealing.Value.Envelope, sealing.Value.Key,
                PartPlan.Default.UpTo(options.Value.MaxArchiveSize), options.Value.ParallelParts, (int)options.Value.Lease.TotalSeconds, backup.Deadline),
            null);
    }

    private async Task<bool> ClaimAsync(BackupEntity backup, int attempt, OpenSession request, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var version = AgentText.Line(request.AgentVersion, MaxVersion);
        using (await gate.EnterAsync(cancellationToken))
        {
            return await catalog.Backups
                .Where(b => b.Id == backup.Id && b.State == backup.State && b.Attempt == backup.Attempt)
                .ExecuteUpdateAsync(
                    set => set
                        .SetProperty(b => b.State, BackupState.Running)
                        .SetProperty(b => b.Attempt, attempt)
                        .SetProperty(b => b.AgentInstance, request.Instance)
                        .SetProperty(b => b.AgentVersion, version)
                        .SetProperty(b => b.Started, b => b.Started ?? now)
                        .SetProperty(b => b.LeaseUntil, now + options.Value.Lease)
                        .SetProperty(b => b.Phase, BackupPhase.Planning)
                        .SetProperty(b => b.Files, 0)
                        .SetProperty(b => b.FilesTotal, (long?)null)
                        .SetProperty(b => b.Bytes, 0)
                        .SetProperty(b => b.BytesTotal, (long?)null)
                        .SetProperty(b => b.Message, "The agent has begun."),
                    cancellationToken) == 1;
        }
    }

    /// <summary>Whatever of it doesn't work now, the orphan sweep does later.</summary>
    private async Task DiscardOlderAsync(Guid id, int attempt, CancellationToken cancellationToken)
    {
        if (attempt == 1)
            return;

        using (await gate.EnterAsync(cancellationToken))
        {
            await catalog.Parts.Where(p => p.BackupId == id && p.Attempt < attempt).ExecuteDeleteAsync(cancellationToken);
        }

        removals.Discard(new ArchiveKey(id, attempt - 1));
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 3: attempt {Key} is claimed.")]
        public static partial void Claimed(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Debug, "Step 3: attempt {Key} is open.")]
        public static partial void Open(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Error, "There is no session key for backup {Backup}.")]
        public static partial void NoSessionKey(ILogger logger, Guid backup, Exception exception);

        [LoggerMessage(LogLevel.Warning, "The store could not begin attempt {Key}.")]
        public static partial void NotBegun(ILogger logger, ArchiveKey key, Exception exception);
    }
}
