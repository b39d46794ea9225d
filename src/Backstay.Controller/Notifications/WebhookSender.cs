using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text;
using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Notifications;

/// <summary>How one try ended. The vocabulary is closed; metrics carry it.</summary>
internal enum TryEnd
{
    /// <summary>2xx.</summary>
    Delivered,

    /// <summary>Any other status.</summary>
    NotTaken,

    /// <summary>410: the receiver wants no more of this.</summary>
    Gone,

    /// <summary>The address may not be notified.</summary>
    Refused,

    /// <summary>No such name, no connection, no valid TLS, or it broke off.</summary>
    Unreachable,

    TimedOut,

    /// <summary>A fault of this controller kept it from being sent.</summary>
    Faulted,
}

/// <summary>One try.</summary>
/// <param name="Error">A sentence for the list of tries; null when the status says it all.</param>
/// <param name="RetryAfter">What a receiver that didn't take it asked for.</param>
internal sealed record TryOutcome(TryEnd End, int? StatusCode = null, string? Error = null, TimeSpan? RetryAfter = null);

/// <summary>
/// Makes one try: one signed POST, no redirects, no proxy, no cookies, no credentials, within time and size limits. The receiver is
/// chosen by an API user and trusted with nothing.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>For the name, the connection and TLS.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>For the whole try.</summary>
    public static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(30);

    /// <summary>What is read of an answer, to use the connection again; a longer one has its connection closed. Bytes.</summary>
    private const int MaxAnswerBytes = 64 * 1024;

    private static readonly ProductInfoHeaderValue UserAgent =
        new("Backstay", typeof(WebhookSender).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion);

    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    public WebhookSender(CheckedConnection connection, TimeProvider time)
    {
        _time = time;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = connection.OpenAsync,
            ConnectTimeout = ConnectTimeout,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = MaxAnswerBytes / 1024,
            MaxResponseDrainSize = MaxAnswerBytes,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <exception cref="OperationCanceledException">Only for <paramref name="cancellationToken"/>; every other end is an outcome.</exception>
    public async Task<TryOutcome> TryAsync(DeliveryEntity delivery, WebhookSecret secret, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(TryTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = Request(delivery, secret);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return Judge(response);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new TryOutcome(TryEnd.TimedOut, Error: limit.IsCancellationRequested
                ? $"No answer within {TryTimeout.TotalSeconds} seconds."
                : $"No connection within {ConnectTimeout.TotalSeconds} seconds.");
        }
        catch (HttpRequestException exception)
        {
            return exception.InnerException is RefusedAddressException refused
                ? new TryOutcome(TryEnd.Refused, Error: refused.Message)
                : new TryOutcome(TryEnd.Unreachable, Error: Explain(exception));
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(DeliveryEntity delivery, WebhookSecret secret)
    {
        var now = _time.GetUtcNow();
        var id = delivery.Id.ToString();
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(delivery.Body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, delivery.Url) { Content = content };
        request.Headers.UserAgent.Add(UserAgent);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Header(secret, id, now, delivery.Body));
        return request;
    }

    private TryOutcome Judge(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        return response switch
        {
            { IsSuccessStatusCode: true } => new TryOutcome(TryEnd.Delivered, status),
            { StatusCode: HttpStatusCode.Gone } => new TryOutcome(TryEnd.Gone, status, "The receiver is gone for good: not tried again."),
            _ when status is >= 300 and < 400 => new TryOutcome(TryEnd.NotTaken, status, "Redirects aren't followed. Give the final URL."),
            _ => new TryOutcome(TryEnd.NotTaken, status, RetryAfter: RetryAfter(response.Headers.RetryAfter)),
        };
    }

    /// <summary>RFC 9110, 10.2.3: seconds, or a date.</summary>
    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) =>
        header?.Delta ?? (header?.Date is { } date ? date - _time.GetUtcNow() : null);

    private static string Explain(HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "The host's name can't be resolved.",
        HttpRequestError.ConnectionError => $"No connection: {exception.GetBaseException().Message}",
        HttpRequestError.SecureConnectionError => $"No TLS connection: {exception.GetBaseException().Message}",
        HttpRequestError.ConfigurationLimitExceeded => "The answer's headers are too long.",
        _ => $"The connection broke before an answer: {exception.GetBaseException().Message}",
    };
}
