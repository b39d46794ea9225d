using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Backstay.Chaos.Running;

/// <summary>A real program that is started, killed, frozen and started again. Every line it says goes into its log, and to those who listen.</summary>
internal sealed partial class ChildProcess(string name, string program, string logFile, Action<ChildProcess, string> heard) : IAsyncDisposable
{
    private const int SigKill = 9;
    private const int SigTerm = 15;
    private const int SigCont = 18;
    private const int SigStop = 19;

    private readonly StreamWriter _log = new(logFile, append: true) { AutoFlush = true };
    private readonly Lock _lock = new();
    private Process? _process;
    private Task _reading = Task.CompletedTask;
    private volatile bool _expectedToEnd;

    public string Name => name;

    public bool IsRunning => _process is { HasExited: false };

    /// <summary>The code that it ended with although nobody had it end; null when it didn't.</summary>
    public int? EndedByItself => _process is { HasExited: true } ended && !_expectedToEnd ? ended.ExitCode : null;

    public void Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment)
            start.Environment[key] = value;

        Write("--- start");
        _process?.Dispose();
        _expectedToEnd = false;
        _process = Process.Start(start)!;
        _reading = Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
    }

    /// <summary>kill -9: nothing of it runs any more after this.</summary>
    public void Kill() => Signal(SigKill, "kill -9");

    public void Stop() => Signal(SigTerm, "SIGTERM");

    public void Freeze() => Signal(SigStop, "SIGSTOP");

    public void Thaw() => Signal(SigCont, "SIGCONT");

    /// <summary>Waits until it is gone and everything that it had said is read.</summary>
    public async Task GoneAsync(CancellationToken cancellationToken)
    {
        if (_process is null)
            return;
        await _process.WaitForExitAsync(cancellationToken);
        await _reading.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            Thaw();
            Kill();
        }

        await GoneAsync(CancellationToken.None);
        _process?.Dispose();
        await _log.DisposeAsync();
    }

    private void Signal(int signal, string what)
    {
        if (_process is not { HasExited: false } process)
            return;
        if (signal is SigKill or SigTerm)
            _expectedToEnd = true;
        Write(Send(process.Id, signal) == 0 ? $"--- {what}" : $"--- {what} came too late");
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            heard(this, line);
            Write(line);
        }
    }

    private void Write(string line)
    {
        lock (_lock)
        {
            _log.WriteLine(line.StartsWith("---", StringComparison.Ordinal) ? $"{line} {TimeProvider.System.GetUtcNow():HH:mm:ss.fff}" : line);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
