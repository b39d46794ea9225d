namespace Backstay.Protocol.Admin;

/// <summary>The one body of every refusal of the admin API.</summary>
/// <param name="Id">Machine readable, one of <see cref="ErrorIds"/>.</param>
/// <param name="Message">Says what is wrong and what to do about it.</param>
public sealed record ApiError(string Id, string Message)
{
    /// <summary>With 422: every field that is wrong.</summary>
    public IReadOnlyList<FieldError>? Errors { get; init; }

    /// <summary>With 406: the lowest peer version that this controller speaks.</summary>
    public int? MinSupportedVersion { get; init; }

    /// <summary>With 406: the highest peer version that this controller speaks.</summary>
    public int? MaxSupportedVersion { get; init; }

    /// <summary>With a 401 of the sign-in: why, in words.</summary>
    public string? Reason { get; init; }

    /// <summary>With 500: what to look for in the controller's log.</summary>
    public string? TraceId { get; init; }
}

/// <summary>One field of a body that can't be taken, by its path in the JSON (<c>scope.ids</c>).</summary>
public sealed record FieldError(string Field, string Message);

/// <summary>The vocabulary of <see cref="ApiError.Id"/>. A value is never renamed: clients branch on it.</summary>
public static class ErrorIds
{
    public const string BadRequest = "bad-request";
    public const string Unauthorized = "unauthorized";
    public const string InvalidCredentials = "invalid-credentials";
    public const string Forbidden = "forbidden";
    public const string NotFound = "not-found";
    public const string MethodNotAllowed = "method-not-allowed";
    public const string NotAcceptable = "not-acceptable";
    public const string Conflict = "conflict";
    public const string Gone = "backup-failed";
    public const string ApplianceNotActivated = "appliance-not-activated";
    public const string ApplianceAlreadyActivated = "appliance-already-activated";
    public const string ApplianceOffline = "appliance-offline";
    public const string ApplianceBusy = "appliance-busy";
    public const string BackupProcessing = "backup-processing";
    public const string BackupHeld = "backup-held";
    public const string BackupLocked = "backup-locked";
    public const string ClockDiffers = "clock-differs";
    public const string NoDrillMachine = "no-drill-machine";
    public const string FingerprintDiffers = "fingerprint-differs";
    public const string LastKey = "last-key";
    public const string KeyInUse = "key-in-use";
    public const string PreconditionFailed = "precondition-failed";
    public const string PayloadTooLarge = "payload-too-large";
    public const string UnsupportedMediaType = "unsupported-media-type";
    public const string RangeNotSatisfiable = "range-not-satisfiable";
    public const string UnprocessableEntity = "unprocessable-entity";
    public const string TooManyRequests = "too-many-requests";
    public const string InternalServerError = "internal-server-error";
    public const string BackupApiDisabled = "backup-api-disabled";
    public const string NoBackupKey = "no-backup-key";
    public const string ServiceUnavailable = "service-unavailable";
    public const string StoreFull = "store-full";

    // The agent API.
    public const string BackupWaiting = "backup-waiting";
    public const string AttemptClosed = "attempt-closed";
    public const string BackupEnded = "backup-ended";
    public const string DigestMismatch = "digest-mismatch";
    public const string PartConflict = "part-conflict";
    public const string PartLength = "part-length";
    public const string PartsIncomplete = "parts-incomplete";
    public const string SeedExpired = "seed-expired";
    public const string ArchiveMissing = "archive-missing";
}
