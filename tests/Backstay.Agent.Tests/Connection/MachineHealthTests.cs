using Backstay.Agent.Connection;
using Xunit;

namespace Backstay.Agent.Tests.Connection;

public sealed class MachineHealthTests : IDisposable
{
    private readonly TempFolder _proc = new();

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void Cpu_is_the_share_since_the_reading_before_and_memory_what_is_not_available()
    {
        _proc.Write("meminfo", "MemTotal:       1000 kB\nMemFree:         100 kB\nMemAvailable:    250 kB\n");
        var health = new MachineHealth(_proc.Path);

        //                            user nice system idle iowait irq softirq steal guest guest_nice
        _proc.Write("stat", "cpu  100 0 100 600 200 0 0 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
        var first = health.Read();
        _proc.Write("stat", "cpu  130 10 120 620 210 5 5 0 7 0\n");
        var second = health.Read();

        Assert.Equal((20, 75), (first.Cpu, first.Memory));
        Assert.Equal(70, second.Cpu); // 70 of 100 ticks were neither idle nor waiting for a disk
    }
}
