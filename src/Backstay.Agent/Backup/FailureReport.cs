using System.Globalization;
using Backstay.Agent.Connection;
using Backstay.Agent.Platform;
using Backstay.Agent.Sources;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Backup;

/// <summary>What the controller is told about a backup that failed here.</summary>
internal sealed partial class FailureReport
{
    private const int LongestOutput = 16_384;
    private const int LongestMessage = 500;

    /// <summary>For longer than that it isn't said: the lease has told the controller by then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>A service that is told to stop has to.</summary>
    private static readonly TimeSpan PatienceWhenStopping = TimeSpan.FromSeconds(5);

    private readonly UploadSession? _session;
    private readonly FailBackup _said;
    private readonly TimeSpan _patience;

    private FailureReport(UploadSession? session, FailBackup said, TimeSpan patience, bool isExpected) =>
        (_session, _said, _patience, IsExpected) = (session, said, patience, isExpected);

    public string Message => _said.Message;

    /// <summary>False for what nobody foresaw, and is worth a stack trace in the log.</summary>
    public bool IsExpected { get; }

    public static FailureReport Stopping(UploadSession session) => new(
        session,
        new FailBackup(
            FailureReason.AgentRestarted, "The agent was stopped during the backup.",
            "The agent was stopped, or the machine shut down, during the backup. The next one begins anew."),
        PatienceWhenStopping, isExpected: true);

    public static FailureReport Of(Exception exception, UploadSession? session, LeaseRenewal progress)
    {
        var (reason, output, isExpected) = exception switch
        {
            BackupStoppedException { Reason: { } known } stopped => (known, stopped.Output, true),
            SourceFailedException failed => (FailureReason.SourceFailed, failed.Message, true),
            IOException io => (FailureReason.SourceFailed, $"The agent could not read or write: {io.Message}", false),
            _ => (FailureReason.SourceFailed, $"The agent failed, which is a mistake in it; please report this:\n{exception}", false),
        };
        var where = string.Create(
            CultureInfo.InvariantCulture,
            $"\n\nIt was at: {progress.Message} ({progress.Files} files, {progress.Bytes} bytes collected).\n"
            + $"Agent {AgentVersion.Current} on {Environment.MachineName}. The agent's log has more: journalctl -u backstay-agent");
        return new FailureReport(
            session, new FailBackup(reason, Cut(FirstLine(exception.Message), LongestMessage), Cut(output, LongestOutput - where.Length) + where),
            Patience, isExpected);
    }

    /// <summary>Best effort: where it can't be told, the end of the lease tells it.</summary>
    public async Task TellAsync(AgentClient client, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (_session is null)
            return;

        using var patience = new CancellationTokenSource(_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var backoff = new Backoff(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5), time);
        try
        {
            while (true)
            {
                var reply = await client.FailAsync(_session.BackupId, _session.Attempt, _said, either.Token);
                if (reply.Verdict != AgentVerdict.TryAgain)
                    return;
                await backoff.WaitAsync(reply.RetryAfter, either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            Log.NotTold(logger, _session.BackupId);
        }
    }

    private static string FirstLine(string text) => text.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? text[..end] : text;

    private static string Cut(string text, int length) => text.Length <= length ? text : $"{text[..(length - 1)]}…";

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Backup {Backup}: the controller couldn't be told that it failed; it will see the lease run out.")]
        public static partial void NotTold(ILogger logger, Guid backup);
    }
}
