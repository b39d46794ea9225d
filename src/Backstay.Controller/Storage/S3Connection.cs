using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Backstay.Controller.Storage;

/// <summary>
/// One bucket, and how it is spoken to: calls are repeated by the SDK and end in time; the body of a part is sent once, as the stream
/// that it comes from can't be rewound. Failures are <see cref="ArchiveStoreException"/>.
/// </summary>
internal sealed class S3Connection : IDisposable
{
    /// <summary>Large enough for a disk or a network to be worth a system call.</summary>
    private const int BufferSize = 128 * 1024;

    private readonly SharedHttpClient _http = new();
    private readonly AmazonS3Client _parts;

    public S3Connection(S3StoreOptions options)
    {
        Options = options;
        Prefix = options.Prefix is "" || options.Prefix.EndsWith('/') ? options.Prefix : options.Prefix + "/";
        Client = NewClient(retries: 4);
        _parts = NewClient(retries: 0);
        _parts.BeforeRequestEvent += SignWithKnownDigest;
    }

    public S3StoreOptions Options { get; }

    public string Bucket => Options.Bucket;

    /// <summary>Empty, or ends with a slash.</summary>
    public string Prefix { get; }

    /// <summary>For everything but parts, within <see cref="CallAsync"/>.</summary>
    public AmazonS3Client Client { get; }

    /// <summary>Makes one call within the configured time, and translates its failure.</summary>
    /// <param name="what">Completes "Can't …".</param>
    /// <param name="within">When the configured time is too short for this call.</param>
    public async Task<T> CallAsync<T>(
        string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        using var inTime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        inTime.CancelAfter(within ?? Options.Timeout);
        try
        {
            return await call(inTime.Token);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested(); // whatever the SDK made of it
            throw S3Faults.Translated(what, this, exception);
        }
    }

    /// <summary>Sends one part. It exists when this returns, and only then.</summary>
    /// <returns>Its ETag.</returns>
    public async Task<string> UploadPartAsync(
        string name, string uploadId, PartSlot slot, Stream content, CancellationToken cancellationToken)
    {
        using var moving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        moving.CancelAfter(Options.Timeout);
        await using var body = new S3PartBody(content, slot, () => moving.CancelAfter(Options.Timeout));
        var request = new PartRequest(slot.Sha256)
        {
            BucketName = Bucket,
            Key = name,
            UploadId = uploadId,
            PartNumber = slot.Number,
            PartSize = slot.Length,
            InputStream = body,
            UseChunkEncoding = false,
        };
        try
        {
            return (await _parts.UploadPartAsync(request, moving.Token)).ETag;
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();

            // What reading throws is the sender's fault and passes through; what sending throws is the store's.
            body.ThrowIfFailed();
            throw S3Faults.Translated($"write part {slot.Number} of {name}", this, exception);
        }
    }

    /// <summary>Locks the object against deletion until then, in the configured mode.</summary>
    public Task LockAsync(string name, DateTimeOffset until, CancellationToken cancellationToken) => CallAsync(
        $"lock {name}",
        token => Client.PutObjectRetentionAsync(
            new PutObjectRetentionRequest
            {
                BucketName = Bucket,
                Key = name,
                Retention = new ObjectLockRetention
                {
                    Mode = Options.ObjectLock == S3ObjectLock.Compliance ? ObjectLockRetentionMode.Compliance : ObjectLockRetentionMode.Governance,
                    RetainUntilDate = until.UtcDateTime,
                },
            },
            token),
        cancellationToken);

    public void Dispose()
    {
        Client.Dispose();
        _parts.Dispose();
        _http.Dispose();
    }

    /// <summary>
    /// The service checks the bytes against a digest that is known before they are read; without one they go unsigned. Either way the
    /// SDK has no reason to read the stream beforehand, or to cut it into signed chunks that not every service takes.
    /// </summary>
    private static void SignWithKnownDigest(object sender, RequestEventArgs e)
    {
        if (e is WebServiceRequestEventArgs { Request: PartRequest part } request)
        {
            request.Headers["x-amz-content-sha256"] =
                part.Sha256 is null ? "UNSIGNED-PAYLOAD" : Convert.ToHexStringLower(part.Sha256);
        }
    }

    private AmazonS3Client NewClient(int retries)
    {
        var config = new AmazonS3Config
        {
            // Newer checksums, by trailer or header, are not understood by every service: only where a call can't be without.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            ForcePathStyle = Options.PathStyle ?? (Options.Endpoint is not ""),
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = retries,
            BufferSize = BufferSize,
            HttpClientFactory = _http,
            Timeout = Timeout.InfiniteTimeSpan, // CallAsync and UploadPartAsync bound every call
        };
        if (Options.Endpoint is "")
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(Options.Region);
        else
            (config.ServiceURL, config.AuthenticationRegion) = (Options.Endpoint, Options.Region);

        return Options.AccessKey is ""
            ? new AmazonS3Client(config)
            : new AmazonS3Client(new BasicAWSCredentials(Options.AccessKey, Options.SecretKey), config);
    }

    /// <summary>A part whose digest is known, or null.</summary>
    private sealed class PartRequest(byte[]? sha256) : UploadPartRequest
    {
        public byte[]? Sha256 => sha256;
    }

    /// <summary>One pool of connections for both clients, which follows the service when its addresses change.</summary>
    private sealed class SharedHttpClient : HttpClientFactory, IDisposable
    {
        private readonly HttpClient _client = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            Expect100ContinueTimeout = TimeSpan.FromSeconds(2),
        })
        { Timeout = Timeout.InfiniteTimeSpan };

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public void Dispose() => _client.Dispose();
    }
}
