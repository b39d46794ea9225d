using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Backstay.Protocol.Admin;

namespace Backstay.Protocol.Agent;

/// <summary>
/// The agent API, typed. A call never throws for what a network or a controller does: the verdict says what to do next. Calls
/// aren't repeated here, as only the caller knows for how long a repeat makes sense; but a call that no controller answered
/// makes the next one go to the next controller.
/// </summary>
/// <param name="http">Its handler decides about TLS, pins, proxies and redirects. Its own timeout should be infinite.</param>
/// <param name="addresses">Shared by all calls of a process.</param>
/// <param name="credential">Null before enrolment.</param>
public sealed partial class AgentClient(HttpClient http, AgentClientAddresses addresses, string? credential, TimeProvider time)
{
    /// <summary>For a call to be answered, from its first byte to its last; parts and the event stream have their own rules.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Completing may have to wait for a store that puts 10,000 parts together.</summary>
    public static readonly TimeSpan CompleteTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Trades the token of a seed for a credential. A token works once: if the answer is lost, a new seed is needed.</summary>
    public Task<AgentReply<EnrolResponse>> EnrolAsync(EnrolRequest request, CancellationToken cancellationToken) =>
        PostAsync("enrol", request, AgentJson.Default.EnrolRequest, AgentJson.Default.EnrolResponse, cancellationToken);

    /// <summary>Opens the event stream; its headers must arrive within <see cref="CallTimeout"/>.</summary>
    /// <param name="instance">Identifies this process, as in <see cref="OpenSession.Instance"/>.</param>
    public async Task<AgentReply<AgentClientEvents>> OpenEventsAsync(Guid instance, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var request = Request(HttpMethod.Get, $"events?instance={instance}");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        HttpResponseMessage? response = null;
        var reply = await SendAsync(request, timeout, r => response = r, cancellationToken);
        return new(reply, response is null ? null : new AgentClientEvents(response, time));
    }

    public Task<AgentReply> PostHealthAsync(AgentHealth health, CancellationToken cancellationToken) =>
        PostAsync("health", health, AgentJson.Default.AgentHealth, CallTimeout, cancellationToken);

    /// <summary>Opens an upload session: a new attempt, which closes the one before it.</summary>
    public Task<AgentReply<UploadSession>> OpenSessionAsync(Guid backup, OpenSession open, CancellationToken cancellationToken) =>
        PostAsync(
            $"backups/{backup}/session", open, AgentJson.Default.OpenSession, AgentJson.Default.UploadSession, cancellationToken);

    /// <summary>Sends a part. <see cref="AgentVerdict.Ok"/> means that it is durable at the other side.</summary>
    /// <param name="number">1 to <see cref="PartPlan.MaxParts"/>.</param>
    /// <param name="content">The bytes; must know its length. It is disposed of.</param>
    /// <param name="sha256">Of the bytes.</param>
    /// <param name="stall">Cancelled by the caller when nothing moves any more: counts as a timeout.</param>
    public async Task<AgentReply> PutPartAsync(
        Guid backup, int attempt, int number, HttpContent content, ReadOnlyMemory<byte> sha256,
        CancellationTokenSource stall, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Put, $"backups/{backup}/session/{attempt}/parts/{number}");
        request.Content = content;
        // RFC 9530, section 2: a dictionary of byte sequences.
        content.Headers.Add("Content-Digest", $"sha-256=:{Convert.ToBase64String(sha256.Span)}:");
        // A controller that refuses can say so before megabytes were sent to it (RFC 9110, section 10.1.1).
        request.Headers.ExpectContinue = true;
        return await SendAsync(request, stall, keep: null, cancellationToken);
    }

    public Task<AgentReply> RenewLeaseAsync(Guid backup, int attempt, LeaseRenewal renewal, CancellationToken cancellationToken) =>
        PostAsync(
            $"backups/{backup}/session/{attempt}/lease", renewal, AgentJson.Default.LeaseRenewal, CallTimeout, cancellationToken);

    /// <summary>Ends the attempt well. Idempotent: repeated until it is answered.</summary>
    public Task<AgentReply> CompleteAsync(Guid backup, int attempt, CompleteUpload complete, CancellationToken cancellationToken) =>
        PostAsync(
            $"backups/{backup}/session/{attempt}/complete", complete, AgentJson.Default.CompleteUpload, CompleteTimeout,
            cancellationToken);

    /// <summary>Ends the backup badly. Idempotent.</summary>
    public Task<AgentReply> FailAsync(Guid backup, int attempt, FailBackup fail, CancellationToken cancellationToken) =>
        PostAsync($"backups/{backup}/session/{attempt}/fail", fail, AgentJson.Default.FailBackup, CallTimeout, cancellationToken);

    private async Task<AgentReply> PostAsync<TBody>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, TimeSpan allowed, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(allowed, time);
        using var request = Request(HttpMethod.Post, path);
        request.Content = Json(body, bodyType);
        return await SendAsync(request, timeout, keep: null, cancellationToken);
    }

    private async Task<AgentReply<TAnswer>> PostAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var request = Request(HttpMethod.Post, path);
        request.Content = Json(body, bodyType);
        return await SendAsync(request, timeout, answerType, cancellationToken);
    }

    private async Task<AgentReply<TAnswer>> SendAsync<TAnswer>(
        HttpRequestMessage request, CancellationTokenSource timeout, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken)
        where TAnswer : class
    {
        HttpResponseMessage? response = null;
        var reply = await SendAsync(request, timeout, r => response = r, cancellationToken);
        if (response is null)
            return new(reply, null);

        using (response)
        {
            return await ReadAnswerAsync(response, answerType, timeout, cancellationToken);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, new Uri(addresses.Current, $"/agent/v1/{path}"));
        if (credential is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        return request;
    }

    private static ByteArrayContent Json<T>(T body, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    /// <param name="keep">Takes a successful response over, before its body was read; otherwise the response ends here.</param>
    private async Task<AgentReply> SendAsync(
        HttpRequestMessage request, CancellationTokenSource timeout, Action<HttpResponseMessage>? keep,
        CancellationToken cancellationToken)
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, linked.Token);
            if (response.IsSuccessStatusCode && keep is not null)
            {
                keep(response);
                return new(AgentVerdict.Ok);
            }

            using (response)
            {
                return response.IsSuccessStatusCode
                    ? new(AgentVerdict.Ok)
                    : MovingOn(request, await AgentClientErrors.ReadAsync(response, time, linked.Token));
            }
        }
        catch (Exception e) when (AgentClientErrors.IsNoAnswer(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return MovingOn(request, AgentClientErrors.NoAnswer(addresses.Current, e));
        }
    }

    private async Task<AgentReply<T>> ReadAnswerAsync<T>(
        HttpResponseMessage response, JsonTypeInfo<T> type, CancellationTokenSource timeout, CancellationToken cancellationToken)
        where T : class
    {
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(linked.Token);
            var answer = await JsonSerializer.DeserializeAsync(body, type, linked.Token);
            return answer is null
                ? new(AgentClientErrors.Unreadable(response.StatusCode), null)
                : new(new(AgentVerdict.Ok), answer);
        }
        catch (JsonException)
        {
            return new(AgentClientErrors.Unreadable(response.StatusCode), null);
        }
        catch (Exception e) when (AgentClientErrors.IsNoAnswer(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new(AgentClientErrors.NoAnswer(addresses.Current, e), null);
        }
    }

    private AgentReply MovingOn(HttpRequestMessage request, AgentReply reply)
    {
        // Too many requests are ours, not the controller's: going to the next one with them isn't the answer.
        if (reply.Verdict == AgentVerdict.TryAgain && reply.Error?.Id != ErrorIds.TooManyRequests)
            addresses.MoveOnFrom(new Uri(request.RequestUri!.GetLeftPart(UriPartial.Authority)));
        return reply;
    }
}
