using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Backstay.Agent.Drills;

/// <summary>
/// What a check started and left: a database server in the background is nobody's child any more. It is known by the drill's folder, in
/// its environment or as where it works.
/// </summary>
internal static class ScratchProcesses
{
    /// <summary>Every check has the drill's folder in this variable, and so has what it starts.</summary>
    public const string Variable = "BACKSTAY_DRILL_SCRATCH";

    public static void EndAll(string folder)
    {
        foreach (var entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id != Environment.ProcessId
                && (WorksIn(entry, folder) || Knows(entry, folder)))
            {
                Kill(id);
            }
        }
    }

    private static bool WorksIn(string entry, string folder)
    {
        try
        {
            return new FileInfo(Path.Combine(entry, "cwd")).LinkTarget is { } at
                && (at == folder || at.StartsWith(folder + "/", StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it ended, or is somebody else's
        }
    }

    private static bool Knows(string entry, string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(entry, "environ")).Split('\0').Contains($"{Variable}={folder}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
            process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It ended by itself, or isn't ours to end: then removing the folder says so.
        }
    }
}
