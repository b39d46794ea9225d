using Backstay.Protocol.Agent;
using CsCheck;
using Xunit;

namespace Backstay.Protocol.Tests.Agent;

public sealed class PartPlanTests
{
    private const long MiB = 1024 * 1024;

    private static readonly Gen<PartPlan> Plans =
        from firsts in Gen.Int[2, 60].Array[0, 4]
        from sizes in Gen.Long[1, 1000].Array[5]
        from more in Gen.Int[0, 50]
        let begins = firsts.Distinct().Order().Prepend(1).ToArray()
        select new PartPlan([.. begins.Select((first, i) => new PartTier(first, sizes[i]))], begins[^1] + more);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(8 * MiB, 1)]
    [InlineData(8 * MiB + 1, 2)]
    [InlineData(8 * 1024 * MiB, 1024)]
    [InlineData(8 * 1024 * MiB + 1, 1025)]
    [InlineData(long.MaxValue, 10_000)]
    public void A_plan_for_smaller_archives_has_the_same_parts_and_fewer_of_them(long bytes, int parts)
    {
        var plan = PartPlan.Default.UpTo(bytes);

        Assert.Equal(parts, plan.MaxParts);
        Assert.True(plan.Capacity >= Math.Min(bytes, PartPlan.Default.Capacity));
        Assert.Equal(PartPlan.Default.OffsetOf(parts + 1), plan.Capacity);
        Assert.Equal(PartPlan.Default.SizeOf(parts), plan.SizeOf(parts));
    }

    [Fact]
    public void A_part_ends_where_the_next_begins() =>
        Plans.Sample(plan =>
        {
            for (var number = 1; number <= plan.MaxParts; number++)
                Assert.Equal(plan.OffsetOf(number) + plan.SizeOf(number), plan.OffsetOf(number + 1));
        });

    [Fact]
    public void The_first_part_begins_at_the_start_and_the_last_ends_at_the_capacity() =>
        Plans.Sample(plan =>
            plan.OffsetOf(1) == 0
            && plan.Capacity == Enumerable.Range(1, plan.MaxParts).Sum(plan.SizeOf));

    [Fact]
    public void A_number_that_the_plan_does_not_have_is_refused() =>
        Plans.Sample(plan =>
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => plan.SizeOf(0));
            Assert.Throws<ArgumentOutOfRangeException>(() => plan.SizeOf(plan.MaxParts + 1));
            Assert.Throws<ArgumentOutOfRangeException>(() => plan.OffsetOf(0));
            Assert.Throws<ArgumentOutOfRangeException>(() => plan.OffsetOf(plan.MaxParts + 2));
        });

    [Fact]
    public void The_default_plan_holds_more_than_500_GB_in_the_parts_that_S3_allows()
    {
        Assert.Equal(10_000, PartPlan.Default.MaxParts);
        Assert.True(PartPlan.Default.Capacity > 500_000_000_000);
        // S3: every part but the last has at least 5 MiB, and none more than 5 GiB.
        Assert.All(PartPlan.Default.Tiers, tier => Assert.InRange(tier.Size, 5 * MiB, 5 * 1024 * MiB));
    }

    [Theory]
    [InlineData(1, 0, 8)]
    [InlineData(1024, 8 * 1023, 8)]
    [InlineData(1025, 8 * 1024, 16)]
    [InlineData(2048, 8 * 1024 + 16 * 1023, 16)]
    [InlineData(2049, 24 * 1024, 64)]
    public void The_default_plan_grows_at_8_and_24_GiB(int number, long offset, long size)
    {
        Assert.Equal(offset * MiB, PartPlan.Default.OffsetOf(number));
        Assert.Equal(size * MiB, PartPlan.Default.SizeOf(number));
    }
}
