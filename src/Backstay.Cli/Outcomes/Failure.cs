using System.Net;
using System.Text.Json;
using Backstay.Archive;
using Backstay.Protocol.Admin;

namespace Backstay.Cli.Outcomes;

/// <summary>What went wrong, as it is told to a person, to a script (the body of the admin API's errors) and to the shell.</summary>
internal sealed record Failure(ExitCode ExitCode, ApiError Error)
{
    /// <summary>The one place where errors become exit codes.</summary>
    public static Failure Of(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        CliException e => new(e.ExitCode, new ApiError(e.Id, e.Message)),
        AdminApiException e => new(CodeOf(e), Worded(e)),
        ArchiveException e => new(CodeOf(e.Fault), new ApiError(IdOf(e.Fault), e.Message)),
        OperationCanceledException when cancellationToken.IsCancellationRequested =>
            new(ExitCode.Interrupted, new ApiError(CliErrorIds.Interrupted, "Interrupted.")),
        OperationCanceledException =>
            new(ExitCode.Unreachable, new ApiError(CliErrorIds.Unreachable, "The controller did not answer in time.")),
        HttpRequestException e =>
            new(ExitCode.Unreachable, new ApiError(CliErrorIds.Unreachable, $"The controller can't be reached: {Innermost(e)}")),
        IOException or UnauthorizedAccessException =>
            new(ExitCode.Failure, new ApiError(CliErrorIds.FileFailed, exception.Message)),
        _ => new(ExitCode.Failure, new ApiError(CliErrorIds.Unexpected, $"This is a bug in backstay: {exception}")),
    };

    private static ExitCode CodeOf(AdminApiException e) => e.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ExitCode.NotAllowed,
        HttpStatusCode.NotFound => ExitCode.NotFound,
        // A load balancer without a controller behind it.
        HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout
            when e.Error.Id == AdminClient.NotThisApi => ExitCode.Unreachable,
        _ => ExitCode.Failure,
    };

    private static ExitCode CodeOf(ArchiveFault fault) => fault switch
    {
        // The archive may well be whole: it is the place or the key file that isn't right.
        ArchiveFault.Target or ArchiveFault.UnusableKey or ArchiveFault.UnsupportedFormat => ExitCode.Failure,
        _ => ExitCode.Integrity,
    };

    /// <summary><c>archive-wrong-key</c>, <c>archive-damaged</c>, …</summary>
    private static string IdOf(ArchiveFault fault) => $"archive-{JsonNamingPolicy.KebabCaseLower.ConvertName(fault.ToString())}";

    private static ApiError Worded(AdminApiException e)
    {
        var message = e.Error.Message;
        if (e.Error.Errors is { Count: > 0 } fields)
            message += string.Concat(fields.Select(field => $"{Environment.NewLine}  {field.Field}: {field.Message}"));
        if (e.Error.Id == ErrorIds.Unauthorized)
            message += " Sign in with: backstay login";
        if (e.RetryAfter is { } pause)
            message += $" Try again in {pause.TotalSeconds:0} s.";
        return e.Error with { Message = message };
    }

    private static string Innermost(Exception e) => e.GetBaseException().Message;
}
