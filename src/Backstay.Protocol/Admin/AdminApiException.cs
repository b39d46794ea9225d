using System.Net;

namespace Backstay.Protocol.Admin;

/// <summary>
/// The controller refused a call, or answered with something that isn't this API. A controller that can't be reached at all is
/// an <see cref="HttpRequestException"/>, as with every <see cref="HttpClient"/>.
/// </summary>
public sealed class AdminApiException : Exception
{
    public AdminApiException(HttpStatusCode status, ApiError error, TimeSpan? retryAfter = null, Exception? innerException = null)
        : base(error.Message, innerException)
    {
        Status = status;
        Error = error;
        RetryAfter = retryAfter;
    }

    /// <summary>The HTTP status of the answer.</summary>
    public HttpStatusCode Status { get; }

    /// <summary>The answer's body; <see cref="AdminClient.NotThisApi"/> is its id when the body was not one of this API.</summary>
    public ApiError Error { get; }

    /// <summary>How long the controller asks to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; }
}
