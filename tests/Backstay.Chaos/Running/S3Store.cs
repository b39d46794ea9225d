using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Backstay.TestServers;

namespace Backstay.Chaos.Running;

/// <summary>A bucket of the installation's own on a Ceph that all installations share, behind a relay of its own.</summary>
internal sealed class S3Store : StoreSide, IBackingServer
{
    private const string Archives = "archives/";

    private readonly SharedGateway _gateway;
    private readonly AmazonS3Client _client;
    private readonly string _bucket;

    private S3Store(SharedGateway gateway, string bucket)
    {
        (_gateway, _bucket) = (gateway, bucket);
        Link = new Relay(gateway.Endpoint.Port);
        _client = new AmazonS3Client(
            new BasicAWSCredentials(CephCluster.AccessKey, CephCluster.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = gateway.Endpoint.ToString(),
                ForcePathStyle = true,
                AuthenticationRegion = "us-east-1",
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            });
        Settings = new Dictionary<string, string>
        {
            ["Storage__Provider"] = "s3",
            ["Storage__S3__Endpoint"] = $"http://127.0.0.1:{Link.Port}",
            ["Storage__S3__Bucket"] = bucket,
            ["Storage__S3__AccessKey"] = CephCluster.AccessKey,
            ["Storage__S3__SecretKey"] = CephCluster.SecretKey,
        };
    }

    public override IReadOnlyDictionary<string, string> Settings { get; }

    public override IBackingServer Server => this;

    public Relay Link { get; }

    public static async Task<S3Store> StartAsync(SharedGateway gateway, string bucket, CancellationToken cancellationToken)
    {
        var store = new S3Store(gateway, bucket);
        await store._client.PutBucketAsync(bucket, cancellationToken);
        return store;
    }

    public Task KillAsync(CancellationToken cancellationToken) => _gateway.KillAsync(cancellationToken);

    public Task RestartAsync(CancellationToken cancellationToken) => _gateway.RestartAsync(cancellationToken);

    public override async Task<IReadOnlyList<string>> FaultsAsync(IReadOnlySet<Guid> backups, CancellationToken cancellationToken)
    {
        List<string> names = [];
        var request = new ListObjectsV2Request { BucketName = _bucket };
        do
        {
            var page = await _client.ListObjectsV2Async(request, cancellationToken);
            names.AddRange((page.S3Objects ?? []).Select(
                item => item.Key.StartsWith(Archives, StringComparison.Ordinal) ? item.Key[Archives.Length..] : item.Key));
            request.ContinuationToken = page.NextContinuationToken;
        }
        while (!string.IsNullOrEmpty(request.ContinuationToken));

        var uploads = await _client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _bucket }, cancellationToken);
        return [.. Compare(names, backups), .. (uploads.MultipartUploads ?? []).Select(upload => $"the multipart upload {upload.Key} is left")];
    }

    public override async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Link.DisposeAsync();
    }
}

/// <summary>
/// The gateway that all installations share: killed for all of them at once, which must cost none of them anything, and started again
/// by whoever killed it.
/// </summary>
internal sealed class SharedGateway(CephCluster cluster) : IAsyncDisposable
{
    /// <summary>Held while the gateway is down: one kill at a time.</summary>
    private readonly SemaphoreSlim _down = new(1);

    public Uri Endpoint => cluster.Endpoint;

    public async Task KillAsync(CancellationToken cancellationToken)
    {
        await _down.WaitAsync(cancellationToken);
        cluster.KillGateway();
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await cluster.StartGatewayAsync();
        }
        finally
        {
            _down.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        _down.Dispose();
        return cluster.DisposeAsync();
    }
}
