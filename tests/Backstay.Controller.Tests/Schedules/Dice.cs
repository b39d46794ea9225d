namespace Backstay.Controller.Tests.Schedules;

/// <summary>Chance that is the same for the same seed (SplitMix64).</summary>
internal sealed class Dice(ulong seed)
{
    private ulong _state = seed;

    /// <summary>From 0 to just below this.</summary>
    public int Below(int end) => (int)(Next() % (ulong)end);

    public bool OneIn(int count) => Below(count) == 0;

    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        least + TimeSpan.FromSeconds((long)(Next() % (ulong)(most - least).TotalSeconds));

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
