using Amazon;
using Amazon.Runtime;
using Amazon.Runtime.Credentials;
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
    private readonly AWSCredentials? _given;

    public S3Connection(S3StoreOptions options)
    {
        Options = options;
        Prefix = options.Prefix is "" || options.Prefix.EndsWith('/') ? options.Prefix : options.Prefix + "/";
        _given = options.AccessKey is "" ? null : new BasicAWSCredentials(options.AccessKey, options.SecretKey);
        Client = NewClient();
    }

    public S3StoreOptions Options { get; }

    public string Bucket => Options.Bucket;

    /// <summary>Empty, or ends with a slash.</summary>
    public string Prefix { get; }

    /// <summary>For everything but parts, within <see cref="CallAsync"/>.</summary>
    public AmazonS3Client Client { get; }

    /// <summary>Makes one call within the configured time, and translates its failure.</summary>
    /// <param name="what">Completes "Can't …".</param>
    /// <param name="call">May be made twice: see <see cref="S3Faults.IsOutOfStep"/>.</param>
    /// <param name="within">When the configured time is too short for this call.</param>
    public async Task<T> CallAsync<T>(
        string what, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        using var inTime = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        inTime.CancelAfter(within ?? Options.Timeout);
        for (var isFirst = true; ; isFirst = false)
        {
            try
            {
                return await call(inTime.Token);
            }
            catch (AmazonS3Exception exception) when (isFirst && S3Faults.IsOutOfStep(exception))
            {
                // The connection is closed with that answer; the next call gets another.
            }
            catch (Exception exception)
            {
                cancellationToken.ThrowIfCancellationRequested(); // whatever the SDK made of it
                throw S3Faults.Translated(what, this, exception);
            }
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
        try
        {
            using var request = S3PartRequest.Create(
                await UrlAsync(name), Options.Region, await CredentialsAsync(), uploadId, slot.Number, slot.Sha256, body, slot.Length,
                TimeProvider.System.GetUtcNow());
            using var response = await _http.SendAsync(request, moving.Token);
            return await S3PartRequest.ReadETagAsync(response, moving.Token);
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
        _http.Dispose();
    }

    /// <summary>Where the service has the object, as the SDK would ask for it: by path or by host name.</summary>
    private async Task<Uri> UrlAsync(string name)
    {
        var signed = await Client.GetPreSignedURLAsync(new GetPreSignedUrlRequest
        {
            BucketName = Bucket,
            Key = name,
            Verb = HttpVerb.PUT,
            Protocol = Options.Endpoint.StartsWith("http:", StringComparison.OrdinalIgnoreCase) ? Amazon.S3.Protocol.HTTP : Amazon.S3.Protocol.HTTPS,
            Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1),
        });
        return new Uri(signed.Split('?')[0]);
    }

    /// <summary>Those of the options, or of the usual places: environment, shared file, role of the machine.</summary>
    private async Task<ImmutableCredentials> CredentialsAsync() =>
        await (_given ?? DefaultAWSCredentialsIdentityResolver.GetCredentials()).GetCredentialsAsync();

    private AmazonS3Client NewClient()
    {
        var config = new AmazonS3Config
        {
            // Newer checksums, by trailer or header, are not understood by every service: only where a call can't be without.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            ForcePathStyle = Options.PathStyle ?? (Options.Endpoint is not ""),
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = 4,
            BufferSize = BufferSize,
            HttpClientFactory = _http,
            Timeout = Timeout.InfiniteTimeSpan, // CallAsync and UploadPartAsync bound every call
        };
        if (Options.Endpoint is "")
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(Options.Region);
        else
            (config.ServiceURL, config.AuthenticationRegion) = (Options.Endpoint, Options.Region);

        return _given is null ? new AmazonS3Client(config) : new AmazonS3Client(_given, config);
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

        public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            _client.SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellationToken);

        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => _client;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public void Dispose() => _client.Dispose();
    }
}
