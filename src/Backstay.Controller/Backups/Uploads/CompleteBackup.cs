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

/// <summary>
/// Steps 9 and 10: the parts are checked, the object is finished and read back, the sidecar written, success committed. Every step can be said
/// again: after a crash anywhere in between, the agent's repeated call goes through the same steps and ends in the same success.
/// </summary>
internal sealed partial class CompleteBackup(
    CatalogContext catalog,
    WriteGate gate,
    IArchiveStore store,
    ReadBacks readBacks,
    BackupEnding ending,
    Removals removals,
    IOptions<BackupOptions> options,
    TimeProvider time,
    ILogger<CompleteBackup> logger)
{
    public static async Task<Results<NoContent, ApiErrorResult>> HandleAsync(
        Guid id, int attempt, AgentCaller agent, HttpRequest request, CompleteBackup complete, CancellationToken cancellationToken)
    {
        var (body, refusal) = await RequestBody.ReadAsync(request, AgentJson.Default.CompleteUpload, cancellationToken);
        if (body is not null)
            refusal = Wrong(body) ?? await complete.RunAsync(id, attempt, agent, body, cancellationToken);
        return refusal is null ? TypedResults.NoContent() : refusal;
    }

    private static ApiErrorResult? Wrong(CompleteUpload complete)
    {
        if (complete.Sha256 is not { Length: 64 } || !complete.Sha256.All(char.IsAsciiHexDigitLower))
            return ApiErrors.BadRequest("sha256: 64 lower-case hexadecimal digits.");
        if (complete.Summary?.Sections is null || complete.Summary is { Files: < 0 } or { Bytes: < 0 } or { Warnings: < 0 })
            return ApiErrors.BadRequest("summary: sections, and figures that aren't negative.");
        return complete.Parts is < 1 or > 10_000 || complete.Size < 1
            ? ApiErrors.BadRequest("An archive has 1 to 10000 parts and at least one byte.")
            : null;
    }

    private async Task<ApiErrorResult?> RunAsync(
        Guid id, int attempt, AgentCaller agent, CompleteUpload complete, CancellationToken cancellationToken)
    {
        // Step 9.
        Log.Said(logger, new ArchiveKey(id, attempt), complete.Parts, complete.Size);
        var backup = await catalog.FindAsync(id, agent, cancellationToken);
        if (IsDone(backup, attempt, complete))
            return null;
        if (UploadAttempt.Refusal(backup, attempt) is { } refusal)
            return refusal;

        if (complete.Size > options.Value.MaxArchiveSize)
        {
            await ending.FailAsync(
                id, BackupFailure.TooLarge(options.Value.MaxArchiveSize), cancellationToken, b => b.Attempt == attempt);
            return await OutcomeAsync(ApiErrors.PayloadTooLarge("The archive is larger than this controller takes. The backup has failed."));
        }

        var parts = await catalog.Parts.AsNoTracking()
            .Where(p => p.BackupId == id && p.Attempt == attempt)
            .OrderBy(p => p.Number)
            .ToListAsync(cancellationToken);
        if (Incomplete(parts, complete) is { } missing)
            return await OutcomeAsync(ApiErrors.Conflict(ErrorIds.PartsIncomplete, missing));
        if (!await HoldAsync(id, attempt, cancellationToken))
            return await OutcomeAsync(UploadAttempt.Closed(attempt));

        // Step 10.
        var key = new ArchiveKey(id, attempt);
        DateTimeOffset readBackSince, now;
        try
        {
            await store.FinishAsync(key, [.. parts.Select(p => new StoredPart(p.Number, p.Length, p.StoreTag))], cancellationToken);
            Log.Finished(logger, key);
            readBackSince = time.GetUtcNow();

            // A store isn't taken at its word: what it holds is read back before anybody is told that it is there.
            if (!(await readBacks.DigestAsync(key, complete.Size, cancellationToken)).AsSpan().SequenceEqual(Convert.FromHexString(complete.Sha256)))
            {
                Log.OtherBytes(logger, key);
                await ending.FailAsync(id, BackupFailure.OtherBytes(), cancellationToken, b => b.State == BackupState.Running && b.Attempt == attempt);
                return await OutcomeAsync(UploadAttempt.Closed(attempt));
            }

            Log.ReadBack(logger, key);
            now = time.GetUtcNow();
            var appliance = await catalog.Appliances.AsNoTracking().FirstAsync(a => a.Id == agent.ApplianceId, cancellationToken);
            var sidecar = BackupSidecar.Of(backup!, appliance, complete, now);
            await store.WriteSidecarAsync(key, sidecar.ToJson(), cancellationToken);
            Log.SidecarWritten(logger, key);
            if (await store.ReadSidecarAsync(key, cancellationToken) is not { } json || !sidecar.SaysTheSameAs(json))
                throw new ArchiveStoreException(StoreFault.Unavailable, $"The sidecar of {key} isn't what was written.");
        }
        catch (ArchiveStoreException exception)
        {
            Log.NotFinished(logger, key, exception);
            return await OutcomeAsync(await StoreFaultAsync(key, exception, cancellationToken));
        }

        if (await ending.SucceedAsync(id, attempt, complete, now, readBackSince, cancellationToken))
            return null;

        var outcome = await OutcomeAsync(UploadAttempt.Closed(attempt));
        if (backup is null or { State: BackupState.Failed })
            removals.Discard(key);
        return outcome;

        // Somebody may have been first: the same call on another connection (the rows of the parts go with its commit), or what ended
        // the backup otherwise.
        async Task<ApiErrorResult?> OutcomeAsync(ApiErrorResult otherwise)
        {
            backup = await catalog.FindAsync(id, agent, cancellationToken);
            return IsDone(backup, attempt, complete) ? null
                : otherwise.StatusCode == StatusCodes.Status507InsufficientStorage ? otherwise
                : UploadAttempt.Refusal(backup, attempt) ?? otherwise;
        }
    }

    private static bool IsDone(BackupEntity? backup, int attempt, CompleteUpload complete) =>
        backup is { State: BackupState.Succeeded } && backup.Attempt == attempt
        && backup.Sha256.AsSpan().SequenceEqual(Convert.FromHexString(complete.Sha256));

    /// <summary>What is wrong with the parts, in words; null when they are gapless and add up.</summary>
    private static string? Incomplete(List<PartEntity> parts, CompleteUpload complete)
    {
        var there = parts.Select(p => p.Number).ToHashSet();
        var gaps = Enumerable.Range(1, complete.Parts).Where(number => !there.Contains(number)).ToList();
        if (gaps.Count > 0)
        {
            return $"{gaps.Count} of {complete.Parts} parts are missing: {string.Join(", ", gaps.Take(10))}{(gaps.Count > 10 ? ", …" : "")}. "
                + "Send them, then complete again.";
        }

        if (parts.Count > complete.Parts)
            return $"There are parts beyond the last one: {parts[^1].Number} of {complete.Parts}.";

        var shorter = parts.SkipLast(1).FirstOrDefault(p => p.Length != PartPlan.Default.SizeOf(p.Number));
        if (shorter is not null)
            return $"Part {shorter.Number} has {shorter.Length} bytes; only the last part may be shorter than planned.";

        var size = parts.Sum(p => p.Length);
        return size == complete.Size ? null : $"The parts add up to {size} bytes, not {complete.Size}.";
    }

    /// <summary>A store may take its time: the lease counts from now.</summary>
    private async Task<bool> HoldAsync(Guid id, int attempt, CancellationToken cancellationToken)
    {
        var lease = time.GetUtcNow() + options.Value.Lease;
        using (await gate.EnterAsync(cancellationToken))
        {
            return await catalog.Backups
                .Where(b => b.Id == id && b.State == BackupState.Running && b.Attempt == attempt)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(b => b.LeaseUntil, lease).SetProperty(b => b.Phase, BackupPhase.Completing), cancellationToken) == 1;
        }
    }

    private async Task<ApiErrorResult> StoreFaultAsync(ArchiveKey key, ArchiveStoreException exception, CancellationToken cancellationToken)
    {
        switch (exception.Fault)
        {
            case StoreFault.Full:
                await ending.FailAsync(key.BackupId, BackupFailure.StoreFull(exception.Message), cancellationToken, b => b.Attempt == key.Attempt);
                return ApiErrors.StoreFull("The archive store is full. The backup has failed.");
            case StoreFault.Missing:
                // Every part was acknowledged and recorded, and now the store doesn't have them.
                await ending.FailAsync(
                    key.BackupId, BackupFailure.StoreFailed("parts that it had acknowledged are gone."), cancellationToken,
                    b => b.State == BackupState.Running && b.Attempt == key.Attempt);
                return UploadAttempt.Closed(key.Attempt);
            default:
                return UploadAttempt.StoreUnavailable();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 9: attempt {Key} is said to be complete: {Parts} parts, {Size} bytes.")]
        public static partial void Said(ILogger logger, ArchiveKey key, int parts, long size);

        [LoggerMessage(LogLevel.Debug, "Step 10: attempt {Key} is one object in the store.")]
        public static partial void Finished(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Debug, "Step 10: attempt {Key} is read back.")]
        public static partial void ReadBack(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Error, "The store gives back other bytes of attempt {Key} than were sent to it. The backup fails; look at the store's disks and memory.")]
        public static partial void OtherBytes(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Debug, "Step 10: the sidecar of attempt {Key} is written.")]
        public static partial void SidecarWritten(ILogger logger, ArchiveKey key);

        [LoggerMessage(LogLevel.Warning, "The store could not finish attempt {Key}.")]
        public static partial void NotFinished(ILogger logger, ArchiveKey key, Exception exception);
    }
}
