using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using Backstay.Controller.Storage;
using Backstay.TestServers;

namespace Backstay.Controller.Tests.Storage;

/// <summary>What a network and a service do to a store, which a folder never does.</summary>
public sealed class S3ServiceTests
{
    private const int PartSize = 5 * 1024 * 1024;
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly ArchiveKey _key = new(Guid.NewGuid(), 1);

    [Fact]
    public async Task A_list_is_whole_however_many_pages_it_has()
    {
        using var connection = new S3Connection(await CephBucket.MakeAsync());
        using var store = new S3ArchiveStore(connection, TimeProvider.System) { PageSize = 2 };
        HashSet<StoredKey> expected = [];
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            var (finished, open) = (_key with { Attempt = attempt }, _key with { Attempt = 100 + attempt });
            await FinishedAsync(store, finished, [1, 2, 3]);
            await store.WriteSidecarAsync(finished, "{}"u8.ToArray(), Never);
            await store.BeginAsync(open, Never);
            expected.UnionWith([new StoredKey(finished, true), new StoredKey(open, false)]);
        }

        List<StoredKey> list = [];
        await foreach (var item in store.ListAsync(Never))
            list.Add(new StoredKey(item.Key, item.Finished));
        Assert.Equal(expected.Count, list.Count);
        Assert.Equal(expected, list.ToHashSet());
    }

    [Fact]
    public async Task A_content_that_fails_after_its_last_byte_leaves_no_part()
    {
        using var store = await OpenAsync();
        await store.BeginAsync(_key, Never);
        var content = new CountingStream(PartSize, new InvalidDataException("The digest is wrong."));
        await Assert.ThrowsAsync<InvalidDataException>(() => store.WritePartAsync(_key, new PartSlot(1, 0, PartSize), content, Never));
        Assert.Empty(await PartsAsync(store));
    }

    [Fact]
    public async Task The_service_refuses_bytes_that_have_not_the_digest_that_was_known()
    {
        using var store = await OpenAsync();
        await store.BeginAsync(_key, Never);
        var (sent, meant) = (new byte[1000], RandomNumberGenerator.GetBytes(1000));
        await Assert.ThrowsAsync<ArchiveStoreException>(
            () => store.WritePartAsync(_key, new PartSlot(1, 0, 1000, SHA256.HashData(meant)), new MemoryStream(sent), Never));
        Assert.Empty(await PartsAsync(store));
        await store.WritePartAsync(_key, new PartSlot(1, 0, 1000, SHA256.HashData(sent)), new MemoryStream(sent), Never);
        Assert.Single(await PartsAsync(store));
    }

    [Fact]
    public async Task A_download_goes_on_where_its_connection_broke()
    {
        var options = await CephBucket.MakeAsync();
        var archive = RandomNumberGenerator.GetBytes(4 * PartSize);
        using (var direct = new S3ArchiveStore(new S3Connection(options), TimeProvider.System))
            await FinishedAsync(direct, _key, archive);

        await using var proxy = new CuttingProxy(new Uri(options.Endpoint)) { CutAfter = 3_000_000 };
        options.Endpoint = proxy.Address.ToString();
        using var store = new S3ArchiveStore(new S3Connection(options), TimeProvider.System);
        Assert.Equal(archive.AsSpan(7, archive.Length - 9).ToArray(), await ReadAsync(store, 7, archive.Length - 9));
        Assert.InRange(proxy.Cuts, 5, 100);
    }

    [Fact]
    public async Task A_download_that_can_not_go_on_fails_and_is_never_short()
    {
        var options = await CephBucket.MakeAsync();
        var archive = RandomNumberGenerator.GetBytes(2 * PartSize);
        using (var direct = new S3ArchiveStore(new S3Connection(options), TimeProvider.System))
            await FinishedAsync(direct, _key, archive);

        await using var proxy = new CuttingProxy(new Uri(options.Endpoint));
        options.Endpoint = proxy.Address.ToString();
        using var store = new S3ArchiveStore(new S3Connection(options), TimeProvider.System);
        await using var stream = await store.OpenReadAsync(_key, 0, archive.Length, Never);
        var buffer = new byte[64 * 1024];
        await stream.ReadExactlyAsync(buffer);
        proxy.CutAfter = 0;
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(() => stream.CopyToAsync(Stream.Null));
        Assert.Equal(StoreFault.Unavailable, fault.Fault);
    }

    [Fact]
    public async Task An_object_that_was_replaced_while_it_is_read_is_missing()
    {
        var options = await CephBucket.MakeAsync();
        await using var proxy = new CuttingProxy(new Uri(options.Endpoint)) { CutAfter = 2_000_000 };
        using var direct = new S3Connection(options);
        using var store = new S3ArchiveStore(new S3Connection(new S3StoreOptions
        {
            Endpoint = proxy.Address.ToString(),
            Bucket = options.Bucket,
            AccessKey = options.AccessKey,
            SecretKey = options.SecretKey,
        }), TimeProvider.System);
        await FinishedAsync(store, _key, RandomNumberGenerator.GetBytes(PartSize));
        await using var stream = await store.OpenReadAsync(_key, 0, PartSize, Never);
        await stream.ReadExactlyAsync(new byte[1000]);
        await direct.Client.PutObjectAsync(new PutObjectRequest
        {
            BucketName = options.Bucket,
            Key = $"archives/{_key}.gpg",
            InputStream = new MemoryStream(RandomNumberGenerator.GetBytes(PartSize)),
            UseChunkEncoding = false,
        });
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(() => stream.CopyToAsync(Stream.Null));
        Assert.Equal(StoreFault.Missing, fault.Fault);
    }

    [Fact]
    public async Task A_bucket_that_is_gone_is_not_taken_for_archives_that_are()
    {
        var options = await CephBucket.MakeAsync();
        options.Bucket = $"none-{Guid.NewGuid():N}";
        using var store = new S3ArchiveStore(new S3Connection(options), TimeProvider.System);
        foreach (var call in (Func<Task>[])
        [
            () => store.BeginAsync(_key, Never),
            () => store.WritePartAsync(_key, new PartSlot(1, 0, 1), new MemoryStream([1]), Never),
            () => store.FinishAsync(_key, [new StoredPart(1, 1, "tag")], Never),
            () => store.AbortAsync(_key, Never),
            () => store.GetLengthAsync(_key, Never),
            () => store.OpenReadAsync(_key, 0, 1, Never),
            () => store.WriteSidecarAsync(_key, "{}"u8.ToArray(), Never),
            () => store.ReadSidecarAsync(_key, Never),
            () => store.DeleteAsync(_key, Never),
            async () => await store.ListAsync(Never).GetAsyncEnumerator().MoveNextAsync(),
        ])
        {
            var fault = await Assert.ThrowsAsync<ArchiveStoreException>(call);
            Assert.Equal(StoreFault.Unavailable, fault.Fault);
            Assert.True(fault.Message.Contains(options.Bucket, StringComparison.Ordinal), fault.ToString());
        }
    }

    /// <summary>Ceph's gateway takes a body that comes after its refusal for the next request, and says 400 to that: to whom it means nothing.</summary>
    [Fact]
    public async Task A_bare_400_is_asked_again_once()
    {
        var options = await CephBucket.MakeAsync();
        await using var proxy = new CuttingProxy(new Uri(options.Endpoint)) { BareRefusals = 1 };
        options.Endpoint = proxy.Address.ToString();
        using var store = new S3ArchiveStore(new S3Connection(options), TimeProvider.System);
        await store.WriteSidecarAsync(_key, "{}"u8.ToArray(), Never);
        Assert.Equal("{}"u8.ToArray(), await store.ReadSidecarAsync(_key, Never));

        proxy.BareRefusals = 100;
        using var refused = new S3ArchiveStore(new S3Connection(options), TimeProvider.System);
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(() => refused.ReadSidecarAsync(_key, Never));
        Assert.Equal(StoreFault.Unavailable, fault.Fault);
        Assert.Equal(98, proxy.BareRefusals);
    }

    [Fact]
    public async Task A_quota_that_is_used_up_is_full_and_what_is_there_stays()
    {
        var ceph = await CephCluster.SharedAsync();
        var (user, secret) = await NewUserAsync(ceph);
        await ceph.AdministerAsync("quota", "set", "--quota-scope=user", $"--uid={user}", "--max-size=6M");
        await ceph.AdministerAsync("quota", "enable", "--quota-scope=user", $"--uid={user}");
        var options = new S3StoreOptions { Endpoint = ceph.Endpoint.ToString(), Bucket = user, AccessKey = user, SecretKey = secret };
        using var connection = new S3Connection(options);
        await connection.Client.PutBucketAsync(options.Bucket);
        using var store = new S3ArchiveStore(connection, TimeProvider.System);
        var archive = RandomNumberGenerator.GetBytes(PartSize);
        await FinishedAsync(store, _key, archive);

        var next = _key with { Attempt = 2 };
        await store.BeginAsync(next, Never);
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(
            () => store.WritePartAsync(next, new PartSlot(1, 0, PartSize), new CountingStream(PartSize), Never));
        Assert.Equal(StoreFault.Full, fault.Fault);
        Assert.Equal(archive, await ReadAsync(store, 0, archive.Length));
    }

    [Fact]
    public async Task A_service_that_does_not_answer_is_given_up_in_time()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        using var store = new S3ArchiveStore(
            new S3Connection(new S3StoreOptions
            {
                Endpoint = $"http://{silent.LocalEndpoint}",
                Bucket = "any",
                AccessKey = "a",
                SecretKey = "b",
                Timeout = TimeSpan.FromSeconds(1),
            }),
            TimeProvider.System);
        var fault = await Assert.ThrowsAsync<ArchiveStoreException>(() => store.GetLengthAsync(_key, Never)).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(StoreFault.Unavailable, fault.Fault);
        Assert.Contains("in time", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Governance")]
    [InlineData("Compliance")]
    public async Task What_is_finished_is_locked_until_the_configured_day(string mode)
    {
        var options = await CephBucket.MakeAsync(objectLock: true);
        (options.ObjectLock, options.ObjectLockDays) = (Enum.Parse<S3ObjectLock>(mode), 3);
        using var connection = new S3Connection(options);
        using var store = new S3ArchiveStore(connection, TimeProvider.System);
        await FinishedAsync(store, _key, [1, 2, 3]);
        await store.WriteSidecarAsync(_key, "{}"u8.ToArray(), Never);
        foreach (var name in (string[])[$"archives/{_key}.gpg", $"archives/{_key}.json"])
        {
            var head = await connection.Client.GetObjectMetadataAsync(options.Bucket, name);
            Assert.Equal(mode, head.ObjectLockMode.Value, ignoreCase: true);
            Assert.InRange(
                head.ObjectLockRetainUntilDate!.Value.ToUniversalTime() - TimeProvider.System.GetUtcNow().UtcDateTime,
                TimeSpan.FromDays(2.9),
                TimeSpan.FromDays(3.1));
            var refusal = await Assert.ThrowsAsync<AmazonS3Exception>(
                () => connection.Client.DeleteObjectAsync(new DeleteObjectRequest { BucketName = options.Bucket, Key = name, VersionId = head.VersionId }));
            Assert.Equal("AccessDenied", refusal.ErrorCode);
        }

        // A deletion hides the archive; its bytes stay as long as they are locked.
        await store.DeleteAsync(_key, Never);
        Assert.Null(await store.GetLengthAsync(_key, Never));
        var versions = await connection.Client.ListVersionsAsync(options.Bucket);
        Assert.Equal(2, versions.Versions.Count(version => version.IsDeleteMarker != true));
    }

    [Fact]
    public async Task A_lock_is_extended_in_the_service_and_never_made_shorter()
    {
        var options = await CephBucket.MakeAsync(objectLock: true);
        (options.ObjectLock, options.ObjectLockDays) = (S3ObjectLock.Governance, 3);
        using var connection = new S3Connection(options);
        using var store = new S3ArchiveStore(connection, TimeProvider.System);
        await FinishedAsync(store, _key, [1, 2, 3]);
        await store.WriteSidecarAsync(_key, "{}"u8.ToArray(), Never);
        var now = TimeProvider.System.GetUtcNow();

        foreach (var (days, expected) in new[] { (30, 30), (1, 30), (60, 60) })
        {
            await store.LockAsync(_key, now.AddDays(days), Never);
            foreach (var name in (string[])[$"archives/{_key}.gpg", $"archives/{_key}.json"])
            {
                var head = await connection.Client.GetObjectMetadataAsync(options.Bucket, name);
                Assert.InRange(
                    head.ObjectLockRetainUntilDate!.Value.ToUniversalTime() - now.UtcDateTime, TimeSpan.FromDays(expected - 0.1), TimeSpan.FromDays(expected + 0.1));
            }
        }
    }

    internal static async Task<(string User, string Secret)> NewUserAsync(CephCluster ceph)
    {
        var (user, secret) = ($"user-{Guid.NewGuid():N}", $"{Guid.NewGuid():N}");
        await ceph.AdministerAsync("user", "create", $"--uid={user}", $"--display-name={user}", $"--access-key={user}", $"--secret-key={secret}");
        return (user, secret);
    }

    private static async Task<S3ArchiveStore> OpenAsync() => new(new S3Connection(await CephBucket.MakeAsync()), TimeProvider.System);

    private static async Task FinishedAsync(S3ArchiveStore store, ArchiveKey key, byte[] archive)
    {
        await store.BeginAsync(key, Never);
        var tag = await store.WritePartAsync(key, new PartSlot(1, 0, archive.Length), new MemoryStream(archive), Never);
        await store.FinishAsync(key, [new StoredPart(1, archive.Length, tag)], Never);
    }

    private async Task<byte[]> ReadAsync(S3ArchiveStore store, long offset, long length)
    {
        await using var stream = await store.OpenReadAsync(_key, offset, length, Never);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    /// <summary>The parts that the service has of the one upload that there is.</summary>
    private static async Task<List<PartDetail>> PartsAsync(S3ArchiveStore store)
    {
        var s3 = store.Connection;
        var upload = Assert.Single((await s3.Client.ListMultipartUploadsAsync(s3.Bucket)).MultipartUploads);
        return (await s3.Client.ListPartsAsync(s3.Bucket, upload.Key, upload.UploadId)).Parts ?? [];
    }

    private sealed record StoredKey(ArchiveKey Key, bool Finished);
}
