using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;

namespace Backstay.Controller.Storage;

/// <summary>The bucket is there, and the credentials have every right that the store needs: each is tried, by name.</summary>
internal sealed class S3StoreCheck(S3Connection s3, TimeProvider time) : IStoreCheck
{
    // The service judges by its own clock, and signatures let that be a quarter of an hour away from ours.
    private static readonly TimeSpan LockFor = TimeSpan.FromHours(1);

    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(1000);
    private readonly string _probe = $"{s3.Prefix}probe/{Guid.NewGuid():N}";
    private string? _upload;
    private DateTimeOffset _lockedUntil;

    public async IAsyncEnumerable<StoreFinding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            foreach (var step in Steps())
            {
                var finding = await TryAsync(step, cancellationToken);
                yield return finding;
                if (finding.Fault is not null)
                    yield break;
            }
        }
        finally
        {
            await CleanUpAsync();
        }
    }

    private IEnumerable<Step> Steps()
    {
        yield return new Step("list the bucket", "s3:ListBucket", async token =>
        {
            await s3.Client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = s3.Bucket, Prefix = s3.Prefix, MaxKeys = 1 }, token);
            return s3.Bucket;
        });
        yield return new Step("write an object", "s3:PutObject", async token =>
        {
            using var content = new MemoryStream(_bytes);
            await s3.Client.PutObjectAsync(
                new PutObjectRequest { BucketName = s3.Bucket, Key = _probe, InputStream = content, UseChunkEncoding = false }, token);
            return null;
        });
        yield return new Step("read a range of it", "s3:GetObject", async token =>
        {
            using var response = await s3.Client.GetObjectAsync(
                new GetObjectRequest { BucketName = s3.Bucket, Key = _probe, ByteRange = new ByteRange(10, 19) }, token);
            using var read = new MemoryStream();
            await response.ResponseStream.CopyToAsync(read, token);
            return Same(read.ToArray(), _bytes[10..20], "the service doesn't do ranges");
        });
        yield return new Step("begin a multipart upload", "s3:PutObject", async token =>
        {
            _upload = (await s3.Client.InitiateMultipartUploadAsync(
                new InitiateMultipartUploadRequest { BucketName = s3.Bucket, Key = _probe }, token)).UploadId;
            return null;
        });
        yield return new Step("find it again", "s3:ListBucketMultipartUploads", async token =>
        {
            var found = await s3.Client.ListMultipartUploadsAsync(
                new ListMultipartUploadsRequest { BucketName = s3.Bucket, Prefix = _probe }, token);
            return (found.MultipartUploads ?? []).Any(upload => upload.UploadId == _upload)
                ? null
                : throw new ArchiveStoreException(StoreFault.Unavailable, "the service doesn't list the upload that was begun just now.");
        });
        yield return new Step("send a part with its digest", "s3:PutObject", async token =>
        {
            using var content = new MemoryStream(_bytes);
            await s3.UploadPartAsync(_probe, _upload!, new PartSlot(1, 0, _bytes.Length, SHA256.HashData(_bytes)), content, token);
            return null;
        });
        yield return new Step("abort the upload", "s3:AbortMultipartUpload", async token =>
        {
            await s3.Client.AbortMultipartUploadAsync(
                new AbortMultipartUploadRequest { BucketName = s3.Bucket, Key = _probe, UploadId = _upload }, token);
            _upload = null;
            return null;
        });
        yield return new Step("put an upload together", "s3:PutObject", PutTogetherAsync);
        if (s3.Options.ObjectLock != S3ObjectLock.None)
        {
            yield return new Step("find Object Lock on", "s3:GetBucketObjectLockConfiguration", FindLockAsync);
            yield return new Step("lock the object for an hour", "s3:PutObjectRetention", async token =>
            {
                await s3.LockAsync(_probe, _lockedUntil = time.GetUtcNow() + LockFor, token);
                return null;
            });
            yield return new Step("see until when it is locked", "s3:GetObjectRetention", SeeLockAsync);
        }

        yield return new Step("delete the object", "s3:DeleteObject", async token =>
        {
            await s3.Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = s3.Bucket, Key = _probe }, token);
            return null;
        });
    }

    /// <summary>In place of the object that was written, and read again: a service may take parts and lose them.</summary>
    private async Task<string?> PutTogetherAsync(CancellationToken cancellationToken)
    {
        _upload = (await s3.Client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = s3.Bucket, Key = _probe }, cancellationToken)).UploadId;
        using var content = new MemoryStream(_bytes[..500]);
        var tag = await s3.UploadPartAsync(_probe, _upload, new PartSlot(1, 0, 500, SHA256.HashData(_bytes.AsSpan(..500))), content, cancellationToken);
        await s3.Client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = s3.Bucket, Key = _probe, UploadId = _upload, PartETags = [new PartETag(1, tag)] },
            cancellationToken);
        _upload = null;
        using var response = await s3.Client.GetObjectAsync(
            new GetObjectRequest { BucketName = s3.Bucket, Key = _probe }, cancellationToken);
        using var read = new MemoryStream();
        await response.ResponseStream.CopyToAsync(read, cancellationToken);
        return Same(read.ToArray(), _bytes[..500], "the upload reads back as other bytes than its part had");
    }

    private async Task<string?> SeeLockAsync(CancellationToken cancellationToken)
    {
        var retention = (await s3.Client.GetObjectRetentionAsync(
            new GetObjectRetentionRequest { BucketName = s3.Bucket, Key = _probe }, cancellationToken)).Retention;

        // Some services keep whole seconds.
        return retention?.RetainUntilDate is { } until && (until.ToUniversalTime() - _lockedUntil.UtcDateTime).Duration() <= TimeSpan.FromSeconds(1)
            ? null
            : throw new ArchiveStoreException(StoreFault.Unavailable, "the service doesn't say until when the object is locked.");
    }

    private async Task<string?> FindLockAsync(CancellationToken cancellationToken)
    {
        try
        {
            var configuration = await s3.Client.GetObjectLockConfigurationAsync(
                new GetObjectLockConfigurationRequest { BucketName = s3.Bucket }, cancellationToken);
            if (configuration.ObjectLockConfiguration?.ObjectLockEnabled == ObjectLockEnabled.Enabled)
                return null;
        }
        catch (AmazonS3Exception exception) when (!S3Faults.IsDenied(exception) && exception.ErrorCode is not "NoSuchBucket")
        {
            // ObjectLockConfigurationNotFoundError on most services; some say InvalidRequest.
        }

        throw new ArchiveStoreException(
            StoreFault.Unavailable,
            $"bucket {s3.Bucket} has no Object Lock. It is turned on when a bucket is made: make another, or set {S3StoreOptions.Section}:ObjectLock to none.");
    }

    private async Task<StoreFinding> TryAsync(Step step, CancellationToken cancellationToken)
    {
        try
        {
            var detail = await s3.CallAsync(step.What, step.Try, cancellationToken);
            return new StoreFinding(step.What, step.Right, detail);
        }
        catch (ArchiveStoreException exception)
        {
            var denied = S3Faults.IsDenied(exception.InnerException);
            return new StoreFinding(step.What, step.Right)
            {
                Fault = new StoreCheckFault(
                    denied ? $"{exception.Message} Missing: {step.Right}." : exception.Message,
                    Lasting: exception.InnerException is null || S3Faults.IsRefusal(exception.InnerException)),
            };
        }
    }

    /// <summary>Whatever of it isn't allowed was said already, by the step that failed.</summary>
    private async Task CleanUpAsync()
    {
        try
        {
            if (_upload is not null)
            {
                await s3.CallAsync(
                    "clean up",
                    token => s3.Client.AbortMultipartUploadAsync(
                        new AbortMultipartUploadRequest { BucketName = s3.Bucket, Key = _probe, UploadId = _upload }, token),
                    CancellationToken.None);
            }

            await s3.CallAsync(
                "clean up",
                token => s3.Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = s3.Bucket, Key = _probe }, token),
                CancellationToken.None);
        }
        catch (ArchiveStoreException)
        {
            // a probe of 1000 bytes stays
        }
    }

    private static string? Same(byte[] read, byte[] written, string otherwise) =>
        read.AsSpan().SequenceEqual(written) ? null : throw new ArchiveStoreException(StoreFault.Unavailable, otherwise + ".");

    private sealed record Step(string What, string Right, Func<CancellationToken, Task<string?>> Try);
}
