using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using Backstay.Agent.Platform;

namespace Backstay.Agent.Sources;

/// <summary>A program to run: found on PATH or absolute, without a shell, without input.</summary>
/// <param name="Environment">Added to the agent's own.</param>
internal sealed record ProcessRequest(
    IReadOnlyList<string> Command, TimeSpan Timeout, IReadOnlyDictionary<string, string>? Environment = null, string Folder = "/");

/// <summary>Runs programs whose output is collected.</summary>
internal static class ProcessRunner
{
    private const int StderrTail = 4096;
    private const int ShortLength = 400;

    /// <summary>Puts what the program writes to stdout into an unlinked file, as nobody knows how much it will be.</summary>
    /// <exception cref="SourceFailedException">Not found, exit code other than 0, out of time, no room.</exception>
    public static async Task<FileStream> SpoolAsync(
        ProcessRequest request, SpoolFolder spool, TimeProvider time, CancellationToken cancellationToken)
    {
        var output = spool.Create();
        try
        {
            await RunAsync(request, output, time, cancellationToken);
            return output;
        }
        catch (IOException e)
        {
            await output.DisposeAsync();
            throw SpoolFolder.IsFull(e)
                ? spool.Full($"The output of {request.Command[0]}")
                : new SourceFailedException($"The output of {request.Command[0]} could not be kept: {e.Message}", inner: e);
        }
        catch
        {
            await output.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the program for a short text.</summary>
    /// <exception cref="SourceFailedException">As above.</exception>
    public static async Task<string> ReadAsync(ProcessRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        using var output = new MemoryStream();
        await RunAsync(request, output, time, cancellationToken);
        return Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length);
    }

    /// <summary>Null if the program isn't found; an absolute name is its own answer.</summary>
    public static string? Find(string program) => program.Contains('/')
        ? File.Exists(program) ? program : null
        : (Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private static async Task RunAsync(ProcessRequest request, Stream output, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(request.Timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var process = Start(request);
        process.StandardInput.Close();
        try
        {
            var errors = TailAsync(process.StandardError, linked.Token);
            await process.StandardOutput.BaseStream.CopyToAsync(output, linked.Token);
            var said = await errors;
            await process.WaitForExitAsync(linked.Token);
            if (process.ExitCode != 0)
                throw new SourceFailedException($"{Show(request)} ended with exit code {process.ExitCode}{InShort(said)}", said);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SourceFailedException(
                $"{Show(request)} was not done after {Configuration.ValueSyntax.Format(request.Timeout)} and was stopped. Give it a "
                + "longer \"timeout\", or find out what it waits for.");
        }
        finally
        {
            Kill(process);
        }
    }

    /// <summary>Starts a program; the caller reads its output to the end, and calls <see cref="Kill"/>.</summary>
    /// <exception cref="SourceFailedException">It could not be started.</exception>
    public static Process Start(ProcessRequest request)
    {
        var start = new ProcessStartInfo(request.Command[0], request.Command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = request.Folder,
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        // Where to reach the service manager and the journal is for the agent alone.
        start.Environment.Remove("NOTIFY_SOCKET");
        start.Environment.Remove("JOURNAL_STREAM");
        foreach (var (name, value) in request.Environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SourceFailedException(
                $"{request.Command[0]} could not be started: {e.Message}. Install it, or take it out of the configuration.", inner: e);
        }
    }

    /// <summary>Nothing outlives the source: also what the program started is ended.</summary>
    public static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It ended between the question and the signal.
        }
    }

    private static async Task<string> TailAsync(StreamReader errors, CancellationToken cancellationToken)
    {
        var tail = new StringBuilder();
        var buffer = new char[1024];
        int read;
        while ((read = await errors.ReadAsync(buffer, cancellationToken)) > 0)
        {
            tail.Append(buffer, 0, read);
            if (tail.Length > StderrTail)
                tail.Remove(0, tail.Length - StderrTail);
        }

        return tail.ToString().Trim();
    }

    private static string Show(ProcessRequest request) => string.Join(' ', request.Command);

    /// <summary>On one line; of much, the end, where programs say why they gave up.</summary>
    private static string InShort(string said)
    {
        var line = string.Join("; ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return line.Length == 0 ? "." : $": {(line.Length <= ShortLength ? line : $"…{line[^ShortLength..]}")}";
    }
}
