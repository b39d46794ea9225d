using System.Globalization;
using Backstay.Agent.Platform;
using Backstay.Protocol.Agent;

namespace Backstay.Agent.Connection;

/// <summary>Reads the condition of the machine from /proc. CPU is the share since the reading before.</summary>
/// <param name="procFolder"><c>/proc</c>.</param>
internal sealed class MachineHealth(string procFolder)
{
    private (long Busy, long Total) _before;

    public AgentHealth Read()
    {
        var root = new DriveInfo("/");
        return new AgentHealth(
            AgentVersion.Current, Environment.MachineName, ReadCpu(), ReadMemory(), root.TotalSize, root.AvailableFreeSpace);
    }

    /// <summary>Percent over all processors; the first reading is the share since the machine was started.</summary>
    private double ReadCpu()
    {
        // proc(5): user nice system idle iowait irq softirq steal …; guest time is part of user time already.
        var times = File.ReadLines(Path.Combine(procFolder, "stat")).First()
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8)
            .Select(field => long.Parse(field, CultureInfo.InvariantCulture)).ToArray();
        var now = (Busy: times.Sum() - times[3] - times[4], Total: times.Sum());
        var (busy, total) = (now.Busy - _before.Busy, now.Total - _before.Total);
        _before = now;
        return total <= 0 ? 0 : Percent(busy, total);
    }

    /// <summary>Percent that isn't available to programs.</summary>
    private double ReadMemory()
    {
        var fields = File.ReadLines(Path.Combine(procFolder, "meminfo"))
            .Select(line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => columns[0] is "MemTotal" or "MemAvailable")
            .ToDictionary(columns => columns[0], columns => long.Parse(columns[1], CultureInfo.InvariantCulture));
        return Percent(fields["MemTotal"] - fields["MemAvailable"], fields["MemTotal"]);
    }

    private static double Percent(long part, long whole) => Math.Clamp(Math.Round(100.0 * part / whole, 1), 0, 100);
}
