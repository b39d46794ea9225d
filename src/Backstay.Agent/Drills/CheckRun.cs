using System.Text;
using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;
using Backstay.Protocol.Admin;

namespace Backstay.Agent.Drills;

/// <summary>
/// Runs one check command on what was restored; nothing of it outlives it but what it hides. That it ended by itself is its result; that it
/// could not be started, was killed or took too long says something about this machine, and nothing about the backup.
/// </summary>
internal static class CheckRun
{
    /// <summary>EX_TEMPFAIL of sysexits.h: by this a check says itself that this machine can't do it.</summary>
    public const int CannotNow = 75;

    private const int OutputTail = 4096;

    // What shells and their like (env, runuser, timeout) end with when the program isn't executable, or isn't there.
    private const int NotExecutable = 126;
    private const int NotFound = 127;

    // Above it: killed by the signal of that number, of which Linux has 64. Also for a program that a shell started, as shells pass it on.
    private const int Killed = 128;
    private const int LastSignal = 64;

    public static async Task<DrillCheck> RunAsync(
        DrillCheckSettings check, string folder, IReadOnlyDictionary<string, string> environment, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var tail = new Tail();
        int? exitCode = null;
        string? obstacle;
        try
        {
            exitCode = await RunAsync(new ProcessRequest(CommandOf(check), check.Timeout, environment, folder), tail, time, cancellationToken);
            obstacle = ObstacleOf(exitCode.Value);
        }
        catch (SourceFailedException e)
        {
            obstacle = e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            obstacle = $"It was not done after {ValueSyntax.Format(check.Timeout)} and was stopped.";
        }

        if (obstacle is not null)
            tail.Append($"\n{obstacle}");
        return new DrillCheck(
            check.Name, exitCode == 0, exitCode, Math.Round(time.GetElapsedTime(began).TotalSeconds, 3), tail.ToString(), obstacle);
    }

    private static IReadOnlyList<string> CommandOf(DrillCheckSettings check) =>
        check.RunAs is { } user ? ["runuser", "--user", user, "--", .. check.Command] : check.Command;

    /// <summary>A check that wasn't begun.</summary>
    public static DrillCheck NotBegun(DrillCheckSettings check, string obstacle) => new(check.Name, Passed: false, ExitCode: null, 0, obstacle, obstacle);

    /// <summary>Why an exit code is no result, or null: it is one.</summary>
    internal static string? ObstacleOf(int exitCode) => exitCode switch
    {
        CannotNow => "It says that it can't be done now (exit code 75).",
        NotExecutable => "A program of it could not be executed (exit code 126).",
        NotFound => "A program of it was not found (exit code 127).",
        > Killed and <= Killed + LastSignal => $"It was killed by signal {exitCode - Killed} (exit code {exitCode}).",
        _ => null,
    };

    private static async Task<int> RunAsync(ProcessRequest request, Tail tail, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(request.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var process = ProcessRunner.Start(request);
        process.StandardInput.Close();
        try
        {
            // What it leaves in the background may hold its output open: its own end is the end.
            var reading = Task.WhenAll(
                FollowAsync(process.StandardOutput, tail, either.Token), FollowAsync(process.StandardError, tail, either.Token));
            await process.WaitForExitAsync(either.Token);
            await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1), time, either.Token));
            return process.ExitCode;
        }
        finally
        {
            ProcessRunner.Kill(process);
        }
    }

    private static async Task FollowAsync(StreamReader output, Tail tail, CancellationToken cancellationToken)
    {
        var buffer = new char[1024];
        try
        {
            int read;
            while ((read = await output.ReadAsync(buffer, cancellationToken)) > 0)
                tail.Append(buffer.AsSpan(0, read));
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The check is over: nobody reads on.
        }
    }

    /// <summary>The end of what both streams said, as it came.</summary>
    private sealed class Tail
    {
        private readonly StringBuilder _text = new();
        private readonly Lock _lock = new();

        public void Append(ReadOnlySpan<char> text)
        {
            lock (_lock)
            {
                _text.Append(text);
                if (_text.Length > OutputTail)
                    _text.Remove(0, _text.Length - OutputTail);
            }
        }

        public override string ToString()
        {
            lock (_lock)
            {
                return _text.ToString().Trim();
            }
        }
    }
}
