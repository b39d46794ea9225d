using System.Diagnostics;
using System.Globalization;
using Backstay.Controller.Access;
using Backstay.Controller.Api;
using Backstay.Controller.Backups.Uploads;
using Backstay.Controller.Catalog;
using Backstay.Controller.Storage;
using Backstay.Protocol.Admin;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Backstay.Controller.Backups;

/// <summary>Step 12: the sealed archive, whole or in ranges; HEAD says everything but the bytes.</summary>
internal sealed partial class DownloadArchive(IArchiveStore store, ILogger<DownloadArchive> logger)
{
    public static async Task<Results<EmptyHttpResult, StatusCodeHttpResult, ApiErrorResult, ArchiveBytes>> HandleAsync(
        RouteId id, RouteId backupId, Caller caller, HttpContext http, BackupAccess access, DownloadArchive download,
        CancellationToken cancellationToken)
    {
        var (backup, appliance, refusal) = await access.BackupAsync(id, backupId, caller, cancellationToken);
        return backup is null ? refusal! : await download.AnswerAsync(backup, appliance!, http, cancellationToken);
    }

    private async Task<Results<EmptyHttpResult, StatusCodeHttpResult, ApiErrorResult, ArchiveBytes>> AnswerAsync(
        BackupEntity backup, ApplianceEntity appliance, HttpContext http, CancellationToken cancellationToken)
    {
        switch (backup.State)
        {
            case BackupState.Failed:
                return ApiErrors.Gone("That backup failed: there is nothing to download. Its status says why.");
            case BackupState.Pending or BackupState.Running:
                return ApiErrors.PreconditionFailed(
                    ErrorIds.BackupProcessing, "That backup is still being made. Poll its status until it is done.");
        }

        var key = new ArchiveKey(backup.Id, backup.Attempt);
        if (await StoredFaultAsync(key, backup, cancellationToken) is { } fault)
            return fault;

        var (request, response, size) = (http.Request, http.Response, backup.Size!.Value);
        var tag = TagOf(backup);
        if (Preconditions.Refusal(request.Headers, tag) is { } failed)
            return failed;

        var headers = response.GetTypedHeaders();
        headers.ETag = tag;
        response.Headers.AcceptRanges = "bytes";
        response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(backup.Sha256!)}:"; // RFC 9530, section 3
        if (Preconditions.IsKnown(request.Headers, tag))
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);

        response.Headers.ContentDisposition = $"attachment; filename=\"{FileName(appliance.Name, backup)}\"";
        if (HttpMethods.IsHead(request.Method))
        {
            // RFC 9110, section 14.2: Range means nothing but for GET.
            response.ContentType = ArchiveBytes.MediaType;
            response.ContentLength = size;
            return TypedResults.Empty;
        }

        var ranges = Preconditions.RangeHolds(request.Headers, tag) ? ByteRanges.Parse(request.Headers.Range.ToString(), size) : null;
        if (ranges is { Ranges: [] })
        {
            response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
            response.Headers.ContentDisposition = default;
            return new ApiErrorResult(
                StatusCodes.Status416RangeNotSatisfiable,
                new(ErrorIds.RangeNotSatisfiable, $"The archive has {size} bytes; the Range header asks for none of them, or isn't one."));
        }

        Log.Downloaded(logger, backup.Id);
        return new ArchiveBytes(store, key, size, ranges?.Ranges);
    }

    /// <summary>What the catalog promises has to be there before the first byte of the answer is sent.</summary>
    private async Task<ApiErrorResult?> StoredFaultAsync(ArchiveKey key, BackupEntity backup, CancellationToken cancellationToken)
    {
        try
        {
            var stored = await store.GetLengthAsync(key, cancellationToken);
            if (stored == backup.Size)
                return null;

            Log.Damaged(logger, backup.Id, stored, backup.Size);
        }
        catch (ArchiveStoreException exception)
        {
            Log.Unreadable(logger, backup.Id, exception);
            return UploadAttempt.StoreUnavailable();
        }

        return ApiErrors.Internal(Activity.Current?.TraceId.ToString() ?? backup.Id.ToString());
    }

    /// <summary>Strong: an archive never changes.</summary>
    internal static EntityTagHeaderValue TagOf(BackupEntity backup) => new($"\"{Convert.ToHexStringLower(backup.Sha256!)}\"");

    /// <summary>Safe in a header and in any file system: <c>backstay-NAME-20260131T235959Z.gpg</c>.</summary>
    private static string FileName(string appliance, BackupEntity backup)
    {
        var name = string.Concat(appliance.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));
        return string.Create(CultureInfo.InvariantCulture, $"backstay-{name}-{backup.Created.UtcDateTime:yyyyMMdd'T'HHmmss'Z'}.gpg");
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Debug, "Step 12: the archive of backup {Backup} is downloaded.")]
        public static partial void Downloaded(ILogger logger, Guid backup);

        [LoggerMessage(LogLevel.Error, "The archive of backup {Backup} is damaged: {Stored} bytes are stored where {Recorded} were recorded.")]
        public static partial void Damaged(ILogger logger, Guid backup, long? stored, long? recorded);

        [LoggerMessage(LogLevel.Error, "The archive of backup {Backup} can't be read.")]
        public static partial void Unreadable(ILogger logger, Guid backup, Exception exception);
    }
}
