using System.Globalization;
using Backstay.Agent.Sources;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Drills;

/// <summary>
/// The folder that archives are restored below, each in a folder of its own (0700). What is in there is never looked at again: it goes
/// after the drill, and whatever a killed process left goes at the next start.
/// </summary>
internal sealed partial class ScratchFolder(string path, TimeProvider time, ILogger logger)
{
    private const string Prefix = "drill-";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Removing a hundred million files takes its time.</summary>
    private static readonly TimeSpan RemoveWithin = TimeSpan.FromHours(6);

    private static readonly TimeSpan AskWithin = TimeSpan.FromMinutes(1);

    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Bytes that are free there.</summary>
    public long Free => new DriveInfo(Path).AvailableFreeSpace;

    /// <summary>The folder of one attempt; <see cref="Create"/> makes it.</summary>
    public string Of(Guid drill, int attempt) =>
        System.IO.Path.Combine(Path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{drill}.{attempt}"));

    /// <summary>Makes a folder of one's own, and those above it that aren't there.</summary>
    public static void Create(string folder) => Directory.CreateDirectory(folder, OwnerOnly);

    /// <summary>Removes what a process that was killed left behind. Only while no other agent uses the folder.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var left in Left())
        {
            Log.Left(logger, left);
            if (await RemoveAsync(left, cancellationToken) is { } problem)
                Log.NotRemoved(logger, left, problem);
        }
    }

    /// <summary>
    /// Ends every process that works in the folder, and removes it. With rm(1), which does what .NET does not: names that are no text,
    /// trees deeper than a path is long; and what somebody mounted in there stays.
    /// </summary>
    /// <returns>What went wrong, or null.</returns>
    public async Task<string?> RemoveAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            if (!Directory.Exists(folder))
                return null;

            // An archive has folders that their owner can't write to, and a service's root may be no more than an owner.
            ScratchProcesses.EndAll(folder);
            await ProcessRunner.ReadAsync(new ProcessRequest(["chmod", "-R", "u+rwx", "--", folder], RemoveWithin), time, cancellationToken);
            await ProcessRunner.ReadAsync(
                new ProcessRequest(["rm", "-rf", "--one-file-system", "--", folder], RemoveWithin), time, cancellationToken);
            return Directory.Exists(folder) ? $"{folder} is still there." : null;
        }
        catch (SourceFailedException e)
        {
            return e.Message;
        }
    }

    /// <summary>
    /// Gives another user what was restored and the folder for work, for a check that runs as that user. The folder of the drill itself stays
    /// ours and lets them through. The agent can still read and remove everything, as whoever may do this is root.
    /// </summary>
    /// <returns>Why the check can't run, or null.</returns>
    public async Task<string?> HandOverAsync(string folder, string root, string work, string user, CancellationToken cancellationToken)
    {
        try
        {
            File.SetUnixFileMode(folder, OwnerOnly | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            // -h: links that lead out of the folder stay as they are, and so does what they lead to.
            await ProcessRunner.ReadAsync(new ProcessRequest(["chown", "-R", "-h", "--", user, root, work], RemoveWithin), time, cancellationToken);
        }
        catch (Exception e) when (e is SourceFailedException or IOException or UnauthorizedAccessException)
        {
            return $"What was restored can't be given to {user}: {e.Message}";
        }

        try
        {
            await ProcessRunner.ReadAsync(
                new ProcessRequest(["runuser", "--user", user, "--", "test", "-r", root, "-a", "-w", work], AskWithin), time, cancellationToken);
            return null;
        }
        catch (SourceFailedException e)
        {
            return $"{user} can't enter {root} ({e.Message}) Let others pass through {Path} and the folders above it (chmod o+x), or name another "
                + "scratchDirectory.";
        }
    }

    private string[] Left()
    {
        try
        {
            return Directory.Exists(Path) ? Directory.GetDirectories(Path, $"{Prefix}*") : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.NotRemoved(logger, Path, e.Message);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "{Folder} was left by a drill that didn't end; it is removed.")]
        public static partial void Left(ILogger logger, string folder);

        [LoggerMessage(LogLevel.Error, "{Folder} could not be removed: {Problem} Remove it.")]
        public static partial void NotRemoved(ILogger logger, string folder, string problem);
    }
}
