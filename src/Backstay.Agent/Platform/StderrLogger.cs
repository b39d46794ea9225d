using System.Text;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Platform;

/// <summary>
/// One line an event on stderr. Under systemd each line begins with its priority (sd-daemon(3)) and the journal adds the time;
/// elsewhere it begins with time and level.
/// </summary>
internal sealed class StderrLogger(TextWriter output, bool underSystemd, LogLevel least, TimeProvider time) : ILogger
{
    private readonly Lock _lock = new();

    /// <summary>systemd sets JOURNAL_STREAM for services whose stderr goes to the journal.</summary>
    public static StderrLogger Create(bool verbose) => new(
        Console.Error,
        Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 },
        verbose ? LogLevel.Debug : LogLevel.Information,
        TimeProvider.System);

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;

        var line = new StringBuilder();
        if (underSystemd)
            line.Append('<').Append(Priority(logLevel)).Append('>');
        else
            line.Append($"{time.GetLocalNow():HH:mm:ss} {Level(logLevel)} ");
        line.Append(formatter(state, exception));
        if (exception is not null)
            line.Append(" | ").Append(exception);
        // An event is a line: what comes from outside can't pretend to be another event.
        line.Replace("\r", "").Replace("\n", " | ");
        lock (_lock)
        {
            output.WriteLine(line);
        }
    }

    private static char Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => '2',
        LogLevel.Error => '3',
        LogLevel.Warning => '4',
        LogLevel.Information => '6',
        _ => '7',
    };

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Critical or LogLevel.Error => "error",
        LogLevel.Warning => "warn ",
        LogLevel.Information => "info ",
        _ => "debug",
    };
}
