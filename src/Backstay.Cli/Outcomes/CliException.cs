namespace Backstay.Cli.Outcomes;

/// <summary>The command can't go on, for a reason that the program found itself.</summary>
/// <param name="exitCode">What the program ends with.</param>
/// <param name="id">One of <see cref="CliErrorIds"/>.</param>
/// <param name="message">What is wrong and what to do.</param>
internal sealed class CliException(ExitCode exitCode, string id, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public ExitCode ExitCode { get; } = exitCode;

    public string Id { get; } = id;

    public static CliException Usage(string message) => new(ExitCode.Usage, CliErrorIds.Usage, message);

    public static CliException NotFound(string message) => new(ExitCode.NotFound, Protocol.Admin.ErrorIds.NotFound, message);
}

/// <summary>What <c>id</c> says, with <c>--output json</c>, of errors that no controller sent. Scripts branch on it.</summary>
internal static class CliErrorIds
{
    public const string Usage = "usage";
    public const string Interrupted = "interrupted";
    public const string Unreachable = "unreachable";
    public const string CertificateUnknown = "certificate-unknown";
    public const string CertificateChanged = "certificate-changed";
    public const string NotSignedIn = "not-signed-in";
    public const string Ambiguous = "ambiguous";
    public const string FileExists = "file-exists";
    public const string FileFailed = "file-failed";
    public const string ConfigUnreadable = "config-unreadable";
    public const string Integrity = "integrity";
    public const string AnotherBackup = "another-backup";
    public const string NotRunning = "not-running";
    public const string StillRunning = "still-running";
    public const string HookFailed = "hook-failed";
    public const string BackupFailed = "backup-failed";
    public const string DrillFailed = "drill-failed";
    public const string DrillImpossible = "drill-impossible";
    public const string DrillCancelled = "drill-cancelled";
    public const string Unexpected = "unexpected";
}
