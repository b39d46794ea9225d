using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Amazon.S3;
using Amazon.S3.Model;

namespace Backstay.Controller.Storage;

/// <summary>
/// Archives in a bucket:
/// <code>
/// PREFIX/archives/BACKUP.ATTEMPT.gpg    finished; before that, a multipart upload of this name
/// PREFIX/archives/BACKUP.ATTEMPT.json   its sidecar
/// PREFIX/archives/store-id              which store this is (<see cref="IStoreMarker"/>)
/// </code>
/// An attempt is its multipart upload and nothing else: any controller finds it by its name, and what the service refuses for it
/// (a part after the abort, a second completion) is refused for all of them.
/// </summary>
internal sealed class S3ArchiveStore : IArchiveStore, IDisposable
{
    private const string ArchiveExtension = ".gpg";
    private const string SidecarExtension = ".json";
    private const int RememberedUploads = 4096;

    /// <summary>Putting thousands of parts together may take a service minutes; less than an agent waits for its answer.</summary>
    private static readonly TimeSpan FinishTimeout = TimeSpan.FromMinutes(4);

    private readonly S3Connection _s3;
    private readonly TimeProvider _time;
    private readonly string _folder;

    /// <summary>Saves looking an upload up for every part. Never asked whether an upload is still there: the service is.</summary>
    private readonly ConcurrentDictionary<ArchiveKey, string> _uploads = [];

    public S3ArchiveStore(S3Connection s3, TimeProvider time)
    {
        (_s3, _time) = (s3, time);
        _folder = s3.Prefix + "archives/";
    }

    /// <summary>The bucket, for what needs more than archives.</summary>
    internal S3Connection Connection => _s3;

    /// <summary>Entries asked for with one listing call: 1 to 1000, which is all that a service gives at once.</summary>
    internal int PageSize { get; init; } = 1000;

    public async Task BeginAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        if (await GetLengthAsync(key, cancellationToken) is not null || await FindUploadAsync(key, cancellationToken) is not null)
            return;

        await _s3.CallAsync(
            $"begin {key}",
            token => _s3.Client.InitiateMultipartUploadAsync(
                new InitiateMultipartUploadRequest { BucketName = _s3.Bucket, Key = ArchiveName(key), ContentType = "application/gpg" }, token),
            cancellationToken);
    }

    /// <summary>S3 takes a part whole or not at all, and finishes with the tags that were recorded: there is nothing to hold.</summary>
    public Task<IDisposable?> HoldPartAsync(ArchiveKey key, PartSlot slot, CancellationToken cancellationToken) =>
        Task.FromResult<IDisposable?>(Stream.Null);

    public async Task<string> WritePartAsync(ArchiveKey key, PartSlot slot, Stream content, CancellationToken cancellationToken)
    {
        var upload = await UploadAsync(key, cancellationToken)
            ?? throw new ArchiveStoreException(StoreFault.Missing, $"{key} takes no parts: it was never begun, or it is finished or aborted.");
        try
        {
            return await _s3.UploadPartAsync(ArchiveName(key), upload, slot, content, cancellationToken);
        }
        catch (ArchiveStoreException exception) when (exception.Fault == StoreFault.Missing)
        {
            _uploads.TryRemove(key, out _);
            throw;
        }
    }

    public async Task FinishAsync(ArchiveKey key, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken)
    {
        var upload = await UploadAsync(key, cancellationToken);
        if (upload is null || !await CompleteAsync(key, upload, parts, cancellationToken))
        {
            // Finished already, because the answer was lost or it was said twice at once; or aborted. The object tells.
            var (size, length) = (parts.Sum(part => part.Length), await GetLengthAsync(key, cancellationToken));
            if (length != size)
                throw new ArchiveStoreException(StoreFault.Missing, $"{key} has {length ?? 0} of {size} bytes.");
        }

        _uploads.TryRemove(key, out _);
        await LockAsync(ArchiveName(key), cancellationToken);
    }

    public async Task AbortAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        _uploads.TryRemove(key, out _);

        // All of them: a beginning whose answer was lost may have made a second one.
        await foreach (var upload in ListUploadsAsync(ArchiveName(key), cancellationToken))
        {
            if (upload.Key != ArchiveName(key))
                continue;

            await IgnoringMissingAsync(_s3.CallAsync(
                $"abort {key}",
                token => _s3.Client.AbortMultipartUploadAsync(
                    new AbortMultipartUploadRequest { BucketName = _s3.Bucket, Key = upload.Key, UploadId = upload.UploadId }, token),
                cancellationToken));
        }
    }

    public async Task<long?> GetLengthAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await _s3.CallAsync(
                $"look at {key}",
                async token => (long?)(await _s3.Client.GetObjectMetadataAsync(_s3.Bucket, ArchiveName(key), token)).ContentLength,
                cancellationToken);
        }
        catch (ArchiveStoreException exception) when (exception.InnerException is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound })
        {
            // The answer to HEAD has no body to say what isn't found. A bucket that is gone must not look like an archive that is.
            await _s3.CallAsync(
                $"look at {key}",
                token => _s3.Client.ListObjectsV2Async(
                    new ListObjectsV2Request { BucketName = _s3.Bucket, Prefix = ArchiveName(key), MaxKeys = 1 }, token),
                cancellationToken);
            return null;
        }
    }

    public async Task<Stream> OpenReadAsync(ArchiveKey key, long offset, long length, CancellationToken cancellationToken)
    {
        // S3 has no range of no bytes.
        if (length > 0)
            return await S3RangeStream.OpenAsync(_s3, ArchiveName(key), offset, length, _time, cancellationToken);
        return await GetLengthAsync(key, cancellationToken) is null
            ? throw new ArchiveStoreException(StoreFault.Missing, $"There is no {key}.")
            : new MemoryStream([], writable: false);
    }

    public async Task WriteSidecarAsync(ArchiveKey key, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(json.ToArray(), writable: false);
        await _s3.CallAsync(
            $"write the sidecar of {key}",
            token => _s3.Client.PutObjectAsync(
                new PutObjectRequest
                {
                    BucketName = _s3.Bucket,
                    Key = SidecarName(key),
                    InputStream = content,
                    AutoCloseStream = false,
                    UseChunkEncoding = false,
                    ContentType = "application/json",
                },
                token),
            cancellationToken);
        await LockAsync(SidecarName(key), cancellationToken);
    }

    public async Task<byte[]?> ReadSidecarAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await _s3.CallAsync(
                $"read the sidecar of {key}",
                async token =>
                {
                    using var response = await _s3.Client.GetObjectAsync(_s3.Bucket, SidecarName(key), token);
                    using var json = new MemoryStream();
                    await response.ResponseStream.CopyToAsync(json, token);
                    return json.ToArray();
                },
                cancellationToken);
        }
        catch (ArchiveStoreException exception) when (exception.Fault == StoreFault.Missing)
        {
            return null;
        }
    }

    public async Task LockAsync(ArchiveKey key, DateTimeOffset until, CancellationToken cancellationToken)
    {
        foreach (var name in (string[])[ArchiveName(key), SidecarName(key)])
            await ExtendLockAsync(name, until, cancellationToken);
    }

    public async Task DeleteAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        // The archive first: a crash in between leaves a sidecar that speaks of nothing, never an archive that nothing speaks of.
        foreach (var name in (string[])[ArchiveName(key), SidecarName(key)])
        {
            await IgnoringMissingAsync(_s3.CallAsync(
                $"delete {name}",
                token => _s3.Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = _s3.Bucket, Key = name }, token),
                cancellationToken));
        }
    }

    public async IAsyncEnumerable<StoredObject> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Unfinished first: what is finished in between is then seen twice, not never.
        var last = "";
        await foreach (var upload in ListUploadsAsync(_folder, cancellationToken))
        {
            if (upload.Key != last && Parse(upload.Key, ArchiveExtension) is { } key)
                yield return new StoredObject(key, Finished: false, Size: 0, Utc(upload.Initiated));
            last = upload.Key;
        }

        await foreach (var item in ListObjectsAsync(cancellationToken))
        {
            if (Parse(item.Key, ArchiveExtension) is { } key)
                yield return new StoredObject(key, Finished: true, item.Size ?? 0, Utc(item.LastModified));
        }
    }

    public async IAsyncEnumerable<ArchiveKey> ListSidecarsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var item in ListObjectsAsync(cancellationToken))
        {
            if (Parse(item.Key, SidecarExtension) is { } key)
                yield return key;
        }
    }

    public Task<long?> GetFreeSpaceAsync(CancellationToken cancellationToken) => Task.FromResult<long?>(null);

    public void Dispose() => _s3.Dispose();

    /// <returns>False: there is no such upload.</returns>
    private async Task<bool> CompleteAsync(
        ArchiveKey key, string upload, IReadOnlyList<StoredPart> parts, CancellationToken cancellationToken)
    {
        try
        {
            await _s3.CallAsync(
                $"finish {key}",
                token => _s3.Client.CompleteMultipartUploadAsync(
                    new CompleteMultipartUploadRequest
                    {
                        BucketName = _s3.Bucket,
                        Key = ArchiveName(key),
                        UploadId = upload,
                        PartETags = [.. parts.Select(part => new PartETag(part.Number, part.Tag))],
                    },
                    token),
                cancellationToken,
                within: FinishTimeout);
            return true;
        }
        catch (ArchiveStoreException exception) when (exception.InnerException is AmazonS3Exception { ErrorCode: "NoSuchUpload" })
        {
            return false;
        }
    }

    /// <summary>Object Lock, where it is configured. Said again it moves the end by the time in between.</summary>
    private async Task LockAsync(string name, CancellationToken cancellationToken)
    {
        if (_s3.Options.ObjectLock == S3ObjectLock.None)
            return;

        await _s3.LockAsync(name, _time.GetUtcNow().AddDays(_s3.Options.ObjectLockDays), cancellationToken);
    }

    /// <summary>A service refuses to make a lock shorter, and where it wouldn't (governance) it must not become so.</summary>
    private async Task ExtendLockAsync(string name, DateTimeOffset until, CancellationToken cancellationToken)
    {
        if (_s3.Options.ObjectLock == S3ObjectLock.None)
            return;

        var head = await _s3.CallAsync(
            $"look at {name}", token => _s3.Client.GetObjectMetadataAsync(_s3.Bucket, name, token), cancellationToken);
        if (head.ObjectLockRetainUntilDate is null || Utc(head.ObjectLockRetainUntilDate) < until)
            await _s3.LockAsync(name, until, cancellationToken);
    }

    private async Task<string?> UploadAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        if (_uploads.TryGetValue(key, out var known))
            return known;
        if (await FindUploadAsync(key, cancellationToken) is not { } found)
            return null;

        // Those that were ended by other controllers would stay for ever.
        if (_uploads.Count >= RememberedUploads)
            _uploads.Clear();
        return _uploads[key] = found;
    }

    /// <summary>The multipart upload of an attempt, or null. Of several, every controller takes the same one.</summary>
    private async Task<string?> FindUploadAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        MultipartUpload? first = null;
        await foreach (var upload in ListUploadsAsync(ArchiveName(key), cancellationToken))
        {
            if (upload.Key == ArchiveName(key) && (first is null || Comes(upload, before: first)))
                first = upload;
        }

        return first?.UploadId;

        static bool Comes(MultipartUpload upload, MultipartUpload before) =>
            (Utc(upload.Initiated), upload.UploadId).CompareTo((Utc(before.Initiated), before.UploadId)) < 0;
    }

    private async IAsyncEnumerable<MultipartUpload> ListUploadsAsync(
        string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListMultipartUploadsRequest { BucketName = _s3.Bucket, Prefix = prefix, MaxUploads = PageSize };
        while (true)
        {
            var page = await _s3.CallAsync(
                "list the uploads", token => _s3.Client.ListMultipartUploadsAsync(request, token), cancellationToken);
            foreach (var upload in page.MultipartUploads ?? [])
                yield return upload;
            if (page.IsTruncated != true)
                yield break;

            if (string.IsNullOrEmpty(page.NextKeyMarker))
                throw Endless("uploads");
            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
    }

    private async IAsyncEnumerable<S3Object> ListObjectsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = _s3.Bucket, Prefix = _folder, MaxKeys = PageSize };
        while (true)
        {
            var page = await _s3.CallAsync("list the archives", token => _s3.Client.ListObjectsV2Async(request, token), cancellationToken);
            foreach (var item in page.S3Objects ?? [])
                yield return item;
            if (page.IsTruncated != true)
                yield break;

            request.ContinuationToken = string.IsNullOrEmpty(page.NextContinuationToken) ? throw Endless("archives") : page.NextContinuationToken;
        }
    }

    /// <summary>A list that is cut off must not look like one that is complete.</summary>
    private static ArchiveStoreException Endless(string what) =>
        new(StoreFault.Unavailable, $"Can't list the {what}: the service says that there are more, and not where they begin.");

    private static async Task IgnoringMissingAsync<T>(Task<T> call)
    {
        try
        {
            await call;
        }
        catch (ArchiveStoreException exception) when (exception.Fault == StoreFault.Missing)
        {
            // Gone is what was wanted.
        }
    }

    private ArchiveKey? Parse(string name, string extension) =>
        name.EndsWith(extension, StringComparison.Ordinal)
        && ArchiveKey.TryParse(name.AsSpan(_folder.Length, name.Length - _folder.Length - extension.Length), out var key)
            ? key
            : null;

    private static DateTimeOffset Utc(DateTime? time) => new(time?.ToUniversalTime() ?? DateTime.UnixEpoch, TimeSpan.Zero);

    private string ArchiveName(ArchiveKey key) => _folder + key + ArchiveExtension;

    private string SidecarName(ArchiveKey key) => _folder + key + SidecarExtension;
}
