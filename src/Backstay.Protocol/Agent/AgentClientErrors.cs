using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Backstay.Protocol.Admin;

namespace Backstay.Protocol.Agent;

/// <summary>Turns refusals, and the absence of an answer, into the agent's vocabulary.</summary>
internal static class AgentClientErrors
{
    /// <summary>An error body is a few hundred bytes; a page of a proxy that stands between isn't worth more.</summary>
    private const int MaxErrorBody = 64 * 1024;

    public static async Task<AgentReply> ReadAsync(HttpResponseMessage response, TimeProvider time, CancellationToken cancellationToken)
    {
        var error = await ReadErrorAsync(response, cancellationToken);
        var verdict = (response.StatusCode, error?.Id) switch
        {
            (HttpStatusCode.InsufficientStorage, _) => AgentVerdict.StoreFull,
            (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError, _) =>
                AgentVerdict.TryAgain,
            (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, not null) => AgentVerdict.Unauthorized,
            (HttpStatusCode.NotFound, not null) => AgentVerdict.Ended,
            (HttpStatusCode.Conflict, ErrorIds.AttemptClosed or ErrorIds.BackupEnded) => AgentVerdict.Ended,
            (HttpStatusCode.BadRequest, ErrorIds.DigestMismatch) => AgentVerdict.Damaged,
            // Without our error body it wasn't a controller that spoke, but something in front of it.
            (_, null) => AgentVerdict.TryAgain,
            _ => AgentVerdict.Refused,
        };
        return new(
            verdict,
            error ?? new ApiError(ErrorIds.ServiceUnavailable, $"{Host(response)} answered {(int)response.StatusCode}, not as a controller."),
            verdict == AgentVerdict.TryAgain ? Pause(response.Headers.RetryAfter, time) : null);
    }

    /// <summary>
    /// Whether an exception only says that nobody answered. The handler lets some of the socket's own out: a connection that is reset
    /// while it is being made has no remote end point any more.
    /// </summary>
    public static bool IsNoAnswer(Exception exception) => exception
        is HttpRequestException or IOException or OperationCanceledException or AuthenticationException or SocketException;

    public static AgentReply NoAnswer(Uri controller, Exception exception)
    {
        var what = exception switch
        {
            OperationCanceledException => "did not answer in time",
            { InnerException: AuthenticationException tls } => $"was refused: {tls.Message}",
            _ => $"can't be reached: {exception.Message}",
        };
        return new(AgentVerdict.TryAgain, new ApiError(ErrorIds.ServiceUnavailable, $"{controller.Authority} {what}"));
    }

    public static AgentReply Unreadable(HttpStatusCode status) =>
        new(AgentVerdict.Refused, new ApiError(
            ErrorIds.BadRequest,
            $"The controller's answer ({(int)status}) could not be understood; are agent and controller of versions that fit?"));

    private static string Host(HttpResponseMessage response) => response.RequestMessage?.RequestUri?.Authority ?? "the controller";

    private static async Task<ApiError?> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/json" or "application/problem+json"))
            return null;

        try
        {
            await response.Content.LoadIntoBufferAsync(MaxErrorBody, cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var error = await JsonSerializer.DeserializeAsync(body, AgentJson.Default.ApiError, cancellationToken);
            return error is { Id.Length: > 0, Message: not null } ? error : null;
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            return null;
        }
    }

    private static TimeSpan? Pause(RetryConditionHeaderValue? retryAfter, TimeProvider time)
    {
        var pause = retryAfter?.Delta ?? retryAfter?.Date - time.GetUtcNow();
        return pause > TimeSpan.Zero ? pause : null;
    }
}
