using System.Diagnostics;
using System.Text;

namespace Backstay.Cli.Tests.Running;

/// <summary>The program as its users have it: a process with arguments, an environment, two outputs and an exit code.</summary>
internal sealed class CliProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Task _outputRead;
    private readonly Task _errorRead;

    private CliProcess(Process process)
    {
        _process = process;
        _outputRead = ReadAsync(process.StandardOutput, _output);
        _errorRead = ReadAsync(process.StandardError, _error);
    }

    public string ErrorSoFar
    {
        get
        {
            lock (_error)
                return _error.ToString();
        }
    }

    public static CliProcess Start(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? input = null,
        string? program = null,
        string? folder = null)
    {
        var start = new ProcessStartInfo(program ?? Programs.Cli)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var inherited in start.Environment.Keys.Where(key => key.StartsWith("BACKSTAY_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(inherited);
        start.Environment["XDG_CONFIG_HOME"] = "/nonexistent";
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        if (input is not null)
            process.StandardInput.Write(input);
        process.StandardInput.Close();
        return new CliProcess(process);
    }

    public static async Task<CliResult> RunAsync(
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment = null,
        string? input = null,
        string? program = null,
        string? folder = null)
    {
        await using var process = Start(arguments, environment, input, program, folder);
        return await process.EndAsync();
    }

    public async Task<CliResult> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        await Task.WhenAll(_outputRead, _errorRead).WaitAsync(Patience);
        return new CliResult(_process.ExitCode, _output.ToString(), _error.ToString());
    }

    /// <summary>Waits until standard error holds a text.</summary>
    public async Task UntilErrorHoldsAsync(string text)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!ErrorSoFar.Contains(text, StringComparison.Ordinal))
        {
            Assert.False(patience.IsCancellationRequested || _process.HasExited, $"'{text}' never came. What came:\n{ErrorSoFar}");
            await Task.Delay(20, CancellationToken.None);
        }
    }

    /// <summary>What a terminal sends at Ctrl-C.</summary>
    public async Task InterruptAsync()
    {
        using var kill = Process.Start("/bin/kill", ["-INT", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task ReadAsync(StreamReader from, StringBuilder to)
    {
        var buffer = new char[4096];
        while (await from.ReadAsync(buffer) is var read and > 0)
        {
            lock (to)
                to.Append(buffer, 0, read);
        }
    }
}

internal sealed record CliResult(int ExitCode, string Output, string Error)
{
    public override string ToString() => $"exit {ExitCode}\n--- out\n{Output}\n--- error\n{Error}";
}
