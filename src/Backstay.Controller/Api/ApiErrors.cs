using System.Globalization;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Api;

/// <summary>
/// A refusal with its body. Handlers return it like any other typed result; the factories in <see cref="ApiErrors"/> are the
/// only way to make one.
/// </summary>
internal sealed class ApiErrorResult(int status, ApiError body) : IResult, IStatusCodeHttpResult, IValueHttpResult<ApiError>
{
    public int StatusCode => status;

    int? IStatusCodeHttpResult.StatusCode => status;

    public ApiError Value => body;

    /// <summary>Sent as <c>Retry-After</c>: every refusal because of load carries it.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = status;
        if (RetryAfter is { } pause)
        {
            httpContext.Response.Headers.RetryAfter = Math.Ceiling(pause.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        if (status == StatusCodes.Status401Unauthorized)
        {
            // RFC 9110 section 11.6.1: a 401 says how to come in.
            httpContext.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return httpContext.Response.WriteAsJsonAsync(body, options: null, "application/json", httpContext.RequestAborted);
    }
}

/// <summary>Every refusal of both APIs, one factory each: what clients see is decided here.</summary>
internal static class ApiErrors
{
    public static ApiErrorResult BadRequest(string message) =>
        new(StatusCodes.Status400BadRequest, new(ErrorIds.BadRequest, message));

    public static ApiErrorResult Unauthorized() => new(
        StatusCodes.Status401Unauthorized,
        new(ErrorIds.Unauthorized, "The token is missing, unknown, expired or revoked. Sign in again."));

    public static ApiErrorResult InvalidCredentials() => new(
        StatusCodes.Status401Unauthorized,
        new(ErrorIds.InvalidCredentials, "Sign-in failed. Check provider, user name and password.")
        {
            Reason = "Invalid username or password.",
        });

    public static ApiErrorResult Forbidden(string what) =>
        new(StatusCodes.Status403Forbidden, new(ErrorIds.Forbidden, $"Your privileges don't cover this: {what}."));

    public static ApiErrorResult NotFound(string what) =>
        new(StatusCodes.Status404NotFound, new(ErrorIds.NotFound, $"There is no such {what}."));

    public static ApiErrorResult NotAcceptable(AcceptKinds kinds) => new(
        StatusCodes.Status406NotAcceptable,
        new(
            ErrorIds.NotAcceptable,
            "Invalid Accept header. Send application/vnd.appgate.peer-vN+"
            + (kinds.HasFlag(AcceptKinds.Archive) ? "gpg" : "json")
            + $" with N from {PeerVersion.Lowest} to {PeerVersion.Highest}.")
        {
            MinSupportedVersion = PeerVersion.Lowest,
            MaxSupportedVersion = PeerVersion.Highest,
        });

    public static ApiErrorResult Conflict(string id, string message) => new(StatusCodes.Status409Conflict, new(id, message));

    public static ApiErrorResult Gone(string message) => new(StatusCodes.Status410Gone, new(ErrorIds.Gone, message));

    public static ApiErrorResult PreconditionFailed(string id, string message) =>
        new(StatusCodes.Status412PreconditionFailed, new(id, message));

    public static ApiErrorResult PayloadTooLarge(string message) =>
        new(StatusCodes.Status413PayloadTooLarge, new(ErrorIds.PayloadTooLarge, message));

    public static ApiErrorResult Unprocessable(IReadOnlyList<FieldError> errors) => new(
        StatusCodes.Status422UnprocessableEntity,
        new(ErrorIds.UnprocessableEntity, "The request has invalid fields: " + string.Join("; ", errors.Select(e => $"{e.Field}: {e.Message}")))
        {
            Errors = errors,
        });

    public static ApiErrorResult TooManyRequests(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, new(ErrorIds.TooManyRequests, message)) { RetryAfter = retryAfter };

    public static ApiErrorResult Internal(string traceId) => new(
        StatusCodes.Status500InternalServerError,
        new(ErrorIds.InternalServerError, $"Something unexpected went wrong in the controller. Its log has more under trace id {traceId}.")
        {
            TraceId = traceId,
        });

    public static ApiErrorResult Unavailable(string id, string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, new(id, message)) { RetryAfter = retryAfter };

    /// <summary>Whatever the call was about to do may be done or not: the answer of the catalog may be what was lost.</summary>
    public static ApiErrorResult CatalogUnavailable() => Unavailable(
        ErrorIds.ServiceUnavailable,
        "The controller can't reach its catalog now, and can't say whether this call had an effect. Look, or say it again, in a while.",
        TimeSpan.FromSeconds(5));

    public static ApiErrorResult StoreFull(string message) =>
        new(StatusCodes.Status507InsufficientStorage, new(ErrorIds.StoreFull, message));

    /// <summary>For an answer that the framework began without a body.</summary>
    public static ApiErrorResult ForStatus(int status) => new(status, status switch
    {
        StatusCodes.Status401Unauthorized => Unauthorized().Value,
        StatusCodes.Status403Forbidden => Forbidden("this call").Value,
        StatusCodes.Status404NotFound => new(ErrorIds.NotFound, "There is no such call. /docs lists all of them."),
        StatusCodes.Status405MethodNotAllowed =>
            new(ErrorIds.MethodNotAllowed, "That method isn't for this path. The Allow header lists those that are."),
        StatusCodes.Status413PayloadTooLarge => new(ErrorIds.PayloadTooLarge, "The body is too large."),
        StatusCodes.Status415UnsupportedMediaType =>
            new(ErrorIds.UnsupportedMediaType, "Send the body as application/json."),
        _ => new(ErrorIds.BadRequest, "The request can't be understood."),
    });
}
