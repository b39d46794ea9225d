using System.Net;
using Amazon.Runtime;
using Amazon.S3;

namespace Backstay.Controller.Storage;

/// <summary>What an S3 service says, in the vocabulary of stores.</summary>
internal static class S3Faults
{
    /// <param name="what">Completes "Can't …".</param>
    public static ArchiveStoreException Translated(string what, S3Connection s3, Exception exception) => exception switch
    {
        ArchiveStoreException already => already,
        AmazonS3Exception said => new ArchiveStoreException(FaultOf(said), $"Can't {what}: {Words(said, s3)}", said),
        OperationCanceledException => new ArchiveStoreException(
            StoreFault.Unavailable, $"Can't {what}: {Place(s3)} didn't answer in time ({S3StoreOptions.Section}:Timeout).", exception),
        AmazonClientException => new ArchiveStoreException(StoreFault.Unavailable, $"Can't {what}: {exception.Message}", exception),
        _ => new ArchiveStoreException(
            StoreFault.Unavailable, $"Can't {what}: {Place(s3)} can't be reached ({Innermost(exception).Message}).", exception),
    };

    /// <summary>Whether the credentials may not do what was asked.</summary>
    public static bool IsDenied(Exception? exception) => exception is AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden } said
        && FaultOf(said) != StoreFault.Full;

    /// <summary>Whether the service refused, so that asking again is of no use: wrong name, wrong key, no right.</summary>
    public static bool IsRefusal(Exception? exception) =>
        exception is AmazonS3Exception { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError }
        || exception is AmazonClientException;

    /// <summary>
    /// Whether the answer is that of an HTTP parser which lost its place, not S3's, which always has a code: a service that refuses a body
    /// before it has come may take it for the next request on that connection (Ceph's gateway does), and answers that with a bare 400.
    /// </summary>
    public static bool IsOutOfStep(AmazonS3Exception said) =>
        said.StatusCode == HttpStatusCode.BadRequest && said.ErrorCode == nameof(HttpStatusCode.BadRequest);

    private static StoreFault FaultOf(AmazonS3Exception said) => said.ErrorCode switch
    {
        "NoSuchUpload" or "NoSuchKey" or "InvalidPart" or "InvalidPartOrder" or "PreconditionFailed" => StoreFault.Missing,
        "QuotaExceeded" or "XMinioStorageFull" or "XMinioAdminBucketQuotaExceeded" or "EntityTooLarge" => StoreFault.Full,
        _ => said.StatusCode == HttpStatusCode.InsufficientStorage ? StoreFault.Full : StoreFault.Unavailable,
    };

    private static string Words(AmazonS3Exception said, S3Connection s3) => said.ErrorCode switch
    {
        "NoSuchBucket" => $"there is no bucket {s3.Bucket}; make it, or name another with {S3StoreOptions.Section}:Bucket.",
        "AccessDenied" => $"the credentials may not do that in bucket {s3.Bucket}; `backstay-controller store check` says what they need.",
        "InvalidAccessKeyId" or "SignatureDoesNotMatch" =>
            $"{Place(s3)} doesn't take the credentials ({said.ErrorCode}); check access key, secret key and region.",
        "RequestTimeTooSkewed" => "this machine's clock and the service's are too far apart; set it right (NTP).",
        "QuotaExceeded" => $"the quota of bucket {s3.Bucket}, or of its owner, is used up.",
        "EntityTooLarge" => $"bucket {s3.Bucket} takes no object as large as that.",
        _ => $"{Place(s3)} says {said.ErrorCode ?? said.StatusCode.ToString()}: {said.Message}",
    };

    private static string Place(S3Connection s3) =>
        s3.Options.Endpoint is "" ? $"S3 in {s3.Options.Region}" : s3.Options.Endpoint;

    private static Exception Innermost(Exception exception) => exception.InnerException is { } inner ? Innermost(inner) : exception;
}
