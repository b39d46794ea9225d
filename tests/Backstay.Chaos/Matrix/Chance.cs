using System.Runtime.InteropServices;

namespace Backstay.Chaos.Matrix;

/// <summary>A seeded generator (SplitMix64): the same draws for the same seed, on every machine and runtime.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(Next() % (ulong)count);

    public TimeSpan Between(TimeSpan shortest, TimeSpan longest) =>
        shortest + TimeSpan.FromMilliseconds(Below((int)(longest - shortest).TotalMilliseconds + 1));

    public T[] Shuffled<T>(IEnumerable<T> items)
    {
        T[] shuffled = [.. items];
        for (var i = shuffled.Length - 1; i > 0; i--)
        {
            var other = Below(i + 1);
            (shuffled[i], shuffled[other]) = (shuffled[other], shuffled[i]);
        }

        return shuffled;
    }

    public byte[] Bytes(int count)
    {
        var words = new ulong[(count + 7) / 8];
        for (var i = 0; i < words.Length; i++)
            words[i] = Next();
        return MemoryMarshal.AsBytes(words.AsSpan())[..count].ToArray();
    }
}
