namespace Backstay.Protocol.Agent;

/// <summary>
/// How large each numbered part of an archive is. The sizes grow so that 10,000 parts (S3's limit) hold more than 500 GB while
/// the parts of an ordinary backup stay small enough to be kept in memory until they are acknowledged.
/// </summary>
/// <param name="Tiers">In rising order of <see cref="PartTier.First"/>; the first begins with part 1.</param>
/// <param name="MaxParts">The highest part number.</param>
public sealed record PartPlan(IReadOnlyList<PartTier> Tiers, int MaxParts)
{
    private const long MiB = 1024 * 1024;

    /// <summary>8 MiB for the first 8 GiB, 16 MiB to 24 GiB, then 64 MiB: 520 GiB in 10,000 parts.</summary>
    public static readonly PartPlan Default = new(
        [new PartTier(1, 8 * MiB), new PartTier(1025, 16 * MiB), new PartTier(2049, 64 * MiB)],
        MaxParts: 10_000);

    /// <summary>The size in bytes of a part; only the last part of an archive may be shorter (and never empty).</summary>
    /// <param name="number">1 to <see cref="MaxParts"/>.</param>
    public long SizeOf(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxParts);
        return Tiers.Last(tier => tier.First <= number).Size;
    }

    /// <summary>Where a part begins in the archive, in bytes from its start.</summary>
    /// <param name="number">1 to <see cref="MaxParts"/> + 1: the end of the last part is a valid question.</param>
    public long OffsetOf(int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MaxParts + 1);
        long offset = 0;
        for (var i = 0; i < Tiers.Count && Tiers[i].First < number; i++)
        {
            var end = i + 1 < Tiers.Count ? Math.Min(Tiers[i + 1].First, number) : number;
            offset += (end - Tiers[i].First) * Tiers[i].Size;
        }

        return offset;
    }

    /// <summary>The same parts, and no more of them than an archive of this many bytes needs.</summary>
    /// <param name="bytes">More than 0; beyond <see cref="Capacity"/> nothing changes.</param>
    public PartPlan UpTo(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        var (last, most) = (1, MaxParts);
        while (last < most)
        {
            var middle = (last + most) / 2;
            if (OffsetOf(middle + 1) >= bytes)
                most = middle;
            else
                last = middle + 1;
        }

        return new PartPlan([.. Tiers.Where(tier => tier.First <= last)], last);
    }

    /// <summary>The largest archive that this plan can carry, in bytes.</summary>
    public long Capacity => OffsetOf(MaxParts + 1);
}

/// <summary>From part <paramref name="First"/> on, parts have <paramref name="Size"/> bytes.</summary>
public sealed record PartTier(int First, long Size);
