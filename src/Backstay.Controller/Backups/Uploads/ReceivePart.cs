using Backstay.Controller.Agents;
using Backstay.Controller.Api;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using MinDataRate = Microsoft.AspNetCore.Server.Kestrel.Core.MinDataRate;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>
/// Step 7: one part. Its bytes go from the connection into the store through one buffer, hashed on the way; digest and length right →
/// durable → row → 204. Anything else leaves no part.
/// </summary>
internal sealed partial class ReceivePart(
    CatalogContext catalog,
    WriteGate gate,
    IArchiveStore store,
    BackupEnding ending,
    StoreRoom room,
    AgentLimits limits,
    PartsInFlight inFlight,
    RequestMetrics requests,
    BackupMetrics metrics,
    IOptions<BackupOptions> options,
    TimeProvider time,
    ILogger<ReceivePart> logger)
{
    /// <summary>
    /// A slower part gives up its place. An agent that is held to 64 kB/s over 16 parts sends 4 kB/s of each; the first bytes of one may
    /// have to wait for a piece of every other.
    /// </summary>
    private static readonly MinDataRate Slowest = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromMinutes(1));

    public static async Task<Results<NoContent, ApiErrorResult>> HandleAsync(
        Guid id, int attempt, int number, AgentCaller agent, HttpContext http, ReceivePart receive, CancellationToken cancellationToken)
    {
        var refusal = await receive.RunAsync(id, attempt, number, agent, http, cancellationToken);
        return refusal is null ? TypedResults.NoContent() : refusal;
    }

    private async Task<ApiErrorResult?> RunAsync(
        Guid id, int attempt, int number, AgentCaller agent, HttpContext http, CancellationToken cancellationToken)
    {
        var refusal = UploadAttempt.Refusal(await catalog.FindAsync(id, agent, cancellationToken), attempt);
        if (refusal is not null)
            return refusal;

        var (promise, wrong) = ReadPromise(number, http.Request);
        if (promise is null)
            return wrong;
        if (promise.Slot.Offset + promise.Slot.Length > options.Value.MaxArchiveSize)
        {
            await ending.FailAsync(
                id, BackupFailure.TooLarge(options.Value.MaxArchiveSize), cancellationToken, b => b.Attempt == attempt);
            return ApiErrors.PayloadTooLarge("The archive is larger than this controller takes. The backup has failed; stop sending.");
        }

        var key = new ArchiveKey(id, attempt);
        using var claim = await inFlight.TakeAsync(key, number, cancellationToken);
        if (claim is null)
        {
            requests.Refused(RefusedBy.PartsInFlight);
            return ApiErrors.Unavailable(
                ErrorIds.ServiceUnavailable, "The controller is taking in as many parts as it can. Send this one again.", UploadAttempt.RetryAfter);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, claim.GiveWay);
        try
        {
            using var held = await store.HoldPartAsync(key, promise.Slot, stop.Token);
            if (held is null)
            {
                return ApiErrors.Unavailable(
                    ErrorIds.ServiceUnavailable, "The same part is just being taken in through another controller. Send it again.", UploadAttempt.RetryAfter);
            }

            // From here on this is the only writer of this part. A part that is there already is never written again.
            var (kept, conflict) = await KeptAsync(key, promise, stop.Token);
            if (kept)
                return conflict;
            if (limits.TakeBytes(agent.ApplianceId, promise.Slot.Length) is { } wait)
            {
                requests.Refused(RefusedBy.PartBytes);
                return ApiErrors.TooManyRequests("This appliance sends faster than it may (Agents:PartBytesPerSecond). Send this part again.", wait);
            }

            using var taken = await room.TakeAsync(promise.Slot.Length, stop.Token)
                ?? throw new ArchiveStoreException(StoreFault.Full, "the quota is used up (Storage:Quota:Bytes).");
            http.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = promise.Slot.Length;
            if (HttpProtocol.IsHttp11(http.Request.Protocol))
                http.Features.Get<IHttpMinRequestBodyDataRateFeature>()!.MinDataRate = Slowest;
            await using var content = new VerifiedPartStream(http.Request.Body, promise.Slot.Length, promise.Sha256);
            Log.Arrives(logger, number, key);
            var tag = await store.WritePartAsync(key, promise.Slot, content, stop.Token);
            Log.Durable(logger, number, key);
            var unrecorded = await RecordAsync(key, agent, promise, tag, cancellationToken);
            if (unrecorded is null)
                taken.Keep();
            return unrecorded;
        }
        catch (PartDigestException)
        {
            return new ApiErrorResult(
                StatusCodes.Status400BadRequest,
                new(ErrorIds.DigestMismatch, $"The bytes of part {number} don't have the digest that Content-Digest names. Nothing was kept; send it again."));
        }
        catch (OperationCanceledException) when (claim.GiveWay.IsCancellationRequested)
        {
            // The rest of the body may never come: no further request on this connection.
            if (HttpProtocol.IsHttp11(http.Request.Protocol))
                http.Response.Headers.Connection = "close";
            return ApiErrors.Unavailable(
                ErrorIds.ServiceUnavailable, "The same part came again on another connection; that one counts.", UploadAttempt.RetryAfter);
        }
        catch (ArchiveStoreException exception)
        {
            return await StoreFaultAsync(key, number, agent, exception, cancellationToken);
        }
        catch (BadHttpRequestException exception)
        {
            return ApiErrors.ForStatus(exception.StatusCode); // too slow, or cut off in the middle
        }
        catch (IOException)
        {
            // The connection broke: nobody reads this answer.
            return ApiErrors.BadRequest($"Part {number} ended before its length. Nothing was kept; send it again.");
        }
    }

    private static (PartPromise? Promise, ApiErrorResult? Refusal) ReadPromise(int number, HttpRequest request)
    {
        var plan = PartPlan.Default;
        if (number < 1 || number > plan.MaxParts)
            return (null, ApiErrors.BadRequest($"Parts are numbered from 1 to {plan.MaxParts}."));
        if (request.ContentLength is not { } length || length == 0)
            return (null, Length($"Part {number} needs a Content-Length of 1 to {plan.SizeOf(number)} bytes."));
        if (length > plan.SizeOf(number))
            return (null, ApiErrors.PayloadTooLarge($"Part {number} has {length} bytes; the plan allows {plan.SizeOf(number)}."));
        if (ContentDigest.Sha256Of(request.Headers["Content-Digest"]) is not { } sha256)
        {
            return (null, new ApiErrorResult(
                StatusCodes.Status400BadRequest,
                new(ErrorIds.DigestMismatch, "A readable Content-Digest with sha-256 is required (RFC 9530): sha-256=:BASE64:")));
        }

        return (new PartPromise(new PartSlot(number, plan.OffsetOf(number), length, sha256), sha256), null);
    }

    private static ApiErrorResult Length(string message) =>
        new(StatusCodes.Status400BadRequest, new(ErrorIds.PartLength, message));

    private async Task<(bool Kept, ApiErrorResult? Conflict)> KeptAsync(
        ArchiveKey key, PartPromise promise, CancellationToken cancellationToken)
    {
        var part = await catalog.Parts.AsNoTracking().FirstOrDefaultAsync(
            p => p.BackupId == key.BackupId && p.Attempt == key.Attempt && p.Number == promise.Slot.Number, cancellationToken);
        if (part is null)
            return (false, null);

        return (true, part.Length == promise.Slot.Length && part.Sha256.AsSpan().SequenceEqual(promise.Sha256)
            ? null
            : ApiErrors.Conflict(
                ErrorIds.PartConflict,
                $"Part {promise.Slot.Number} is stored already, with another digest. Open a new session to send another archive."));
    }

    private async Task<ApiErrorResult?> RecordAsync(
        ArchiveKey key, AgentCaller agent, PartPromise promise, string tag, CancellationToken cancellationToken)
    {
        try
        {
            if (await TryRecordAsync(key, promise, tag, cancellationToken))
            {
                metrics.PartKept(promise.Slot.Length);
                Log.Recorded(logger, promise.Slot.Number, key);
                return null;
            }
        }
        catch (DbUpdateException exception) when (exception.IsTaken())
        {
            // Where parts are taken whole, the same one may come in through another controller, too, and that was faster.
            catalog.ChangeTracker.Clear();
            return await RecordTagAsync(key, promise, tag, cancellationToken);
        }

        return UploadAttempt.Refusal(await catalog.FindAsync(key.BackupId, agent, cancellationToken), key.Attempt)
            ?? UploadAttempt.Closed(key.Attempt);
    }

    /// <summary>The row, and the lease, if the attempt is still the one in force: one short transaction.</summary>
    private async Task<bool> TryRecordAsync(ArchiveKey key, PartPromise promise, string tag, CancellationToken cancellationToken)
    {
        using (await gate.EnterAsync(cancellationToken))
        {
            await using var transaction = await catalog.Database.BeginTransactionAsync(cancellationToken);
            var lease = time.GetUtcNow() + options.Value.Lease;
            var open = await catalog.Backups
                .Where(b => b.Id == key.BackupId && b.State == BackupState.Running && b.Attempt == key.Attempt)
                .ExecuteUpdateAsync(set => set.SetProperty(b => b.LeaseUntil, lease), cancellationToken);
            if (open == 0)
                return false;

            catalog.Parts.Add(new PartEntity
            {
                BackupId = key.BackupId,
                Attempt = key.Attempt,
                Number = promise.Slot.Number,
                Length = promise.Slot.Length,
                Sha256 = promise.Sha256,
                StoreTag = tag,
            });
            await catalog.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return true;
        }
    }

    /// <summary>Of the same bytes written twice, the store has those that came last; their tag is most likely this one.</summary>
    private async Task<ApiErrorResult?> RecordTagAsync(ArchiveKey key, PartPromise promise, string tag, CancellationToken cancellationToken)
    {
        await catalog.Parts
            .Where(p => p.BackupId == key.BackupId && p.Attempt == key.Attempt && p.Number == promise.Slot.Number
                && p.Length == promise.Slot.Length && p.Sha256 == promise.Sha256)
            .ExecuteUpdateAsync(set => set.SetProperty(p => p.StoreTag, tag), cancellationToken);
        var (_, conflict) = await KeptAsync(key, promise, cancellationToken);
        return conflict;
    }

    private async Task<ApiErrorResult> StoreFaultAsync(
        ArchiveKey key, int number, AgentCaller agent, ArchiveStoreException exception, CancellationToken cancellationToken)
    {
        Log.NotWritten(logger, number, key, exception);
        switch (exception.Fault)
        {
            case StoreFault.Full:
                await ending.FailAsync(key.BackupId, BackupFailure.StoreFull(exception.Message), cancellationToken, b => b.Attempt == key.Attempt);
                return ApiErrors.StoreFull("The archive store is full. The backup has failed; stop sending.");
            case StoreFault.Missing:
                // The attempt was closed while the part was on its way; or else somebody took it out of the store.
                await ending.FailAsync(
                    key.BackupId, BackupFailure.StoreFailed("parts that it had acknowledged are gone."), cancellationToken,
                    b => b.State == BackupState.Running && b.Attempt == key.Attempt);
                return UploadAttempt.Refusal(await catalog.FindAsync(key.BackupId, agent, cancellationToken), key.Attempt)
                    ?? UploadAttempt.Closed(key.Attempt);
            default:
                return UploadAttempt.StoreUnavailable();
        }
    }

    /// <summary>What a request says about the bytes that follow.</summary>
    private sealed record PartPromise(PartSlot Slot, byte[] Sha256);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 7: part {Number} of attempt {Key} arrives.")]
        public static partial void Arrives(ILogger logger, int number, ArchiveKey key);

        [LoggerMessage(LogLevel.Debug, "Step 7: part {Number} of attempt {Key} is durable.")]
        public static partial void Durable(ILogger logger, int number, ArchiveKey key);

        [LoggerMessage(LogLevel.Debug, "Step 7: part {Number} of attempt {Key} is recorded.")]
        public static partial void Recorded(ILogger logger, int number, ArchiveKey key);

        [LoggerMessage(LogLevel.Warning, "Part {Number} of attempt {Key} could not be stored.")]
        public static partial void NotWritten(ILogger logger, int number, ArchiveKey key, Exception exception);
    }
}
