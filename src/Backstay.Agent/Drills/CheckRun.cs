using System.Text;
using Backstay.Agent.Configuration;
using Backstay.Agent.Sources;
using Backstay.Protocol.Admin;

namespace Backstay.Agent.Drills;

/// <summary>Runs one check command on what was restored. Whatever it does is its result; nothing of it outlives it but what it hides.</summary>
internal static class CheckRun
{
    private const int OutputTail = 4096;

    public static async Task<DrillCheck> RunAsync(
        DrillCheckSettings check, string folder, IReadOnlyDictionary<string, string> environment, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var tail = new Tail();
        int? exitCode = null;
        try
        {
            exitCode = await RunAsync(new ProcessRequest(check.Command, check.Timeout, environment, folder), tail, time, cancellationToken);
        }
        catch (SourceFailedException e)
        {
            tail.Append(e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            tail.Append($"\nIt was not done after {ValueSyntax.Format(check.Timeout)} and was stopped.");
        }

        return new DrillCheck(check.Name, exitCode == 0, exitCode, Math.Round(time.GetElapsedTime(began).TotalSeconds, 3), tail.ToString());
    }

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
