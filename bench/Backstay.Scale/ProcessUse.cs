using System.Globalization;

namespace Backstay.Scale;

/// <summary>What a process uses, as the kernel counts it (proc(5)).</summary>
internal sealed class ProcessUse(int pid)
{
    private const double TicksASecond = 100; // USER_HZ

    /// <summary>User and system time since its start.</summary>
    public TimeSpan Cpu
    {
        get
        {
            // The name in parentheses may have spaces; utime and stime are fields 14 and 15.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return TimeSpan.FromSeconds(
                (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksASecond);
        }
    }

    /// <summary>Resident memory in MiB.</summary>
    public double Resident => Status("VmRSS:");

    /// <summary>The most that was resident, in MiB.</summary>
    public double Peak => Status("VmHWM:");

    private double Status(string name)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) / 1024.0;
    }
}
