using Backstay.Controller.Backups;
using CsCheck;

namespace Backstay.Controller.Tests.Backups;

public sealed class ByteRangesTests
{
    [Theory]
    [InlineData("bytes=0-", "0-99")]
    [InlineData("bytes=0-0", "0-0")]
    [InlineData("bytes=99-", "99-99")]
    [InlineData("bytes=10-19", "10-19")]
    [InlineData("bytes=10-1000", "10-99")]
    [InlineData("bytes=10-99999999999999999999999", "10-99")]
    [InlineData("bytes=-1", "99-99")]
    [InlineData("bytes=-100", "0-99")]
    [InlineData("bytes=-99999999999999999999999", "0-99")]
    [InlineData("BYTES=0-9", "0-9")]
    [InlineData("bytes = 0-9", "0-9")]
    [InlineData("bytes=0-9,20-29", "0-9,20-29")]
    [InlineData("bytes=20-29, 0-9", "20-29,0-9")]
    [InlineData("bytes=0-9,,\t20-29,", "0-9,20-29")]
    [InlineData("bytes=0-9,10-19", "0-19")]
    [InlineData("bytes=0-9,5-14,200-", "0-14")]
    [InlineData("bytes=0-,-1", "0-99")]
    public void What_can_be_met_is_cut_to_the_representation(string header, string expected) =>
        Assert.Equal(expected, string.Join(",", ByteRanges.Parse(header, 100)!.Ranges.Select(r => $"{r.First}-{r.Last}")));

    [Theory]
    [InlineData("bytes=100-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=9-0")]
    [InlineData("bytes=0-9,9-0")]
    [InlineData("bytes=0-9,x")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=1 -2")]
    [InlineData("bytes=-")]
    [InlineData("bytes=")]
    [InlineData("bytes")]
    public void What_speaks_of_bytes_and_can_not_be_met_is_never_answered_with_the_whole(string header) =>
        Assert.Empty(ByteRanges.Parse(header, 100)!.Ranges);

    [Theory]
    [InlineData("")]
    [InlineData("lines=0-9")]
    [InlineData("seconds")]
    public void An_unknown_unit_is_ignored(string header) => Assert.Null(ByteRanges.Parse(header, 100));

    [Fact]
    public void More_ranges_than_anyone_needs_are_refused()
    {
        var many = string.Join(",", Enumerable.Range(0, ByteRanges.MaxRanges + 1).Select(i => $"{i * 2}-{i * 2}"));
        Assert.Empty(ByteRanges.Parse($"bytes={many}", 1000)!.Ranges);
    }

    [Fact]
    public void Ranges_never_leave_the_representation_never_overlap_and_cover_exactly_what_was_asked_for() =>
        Gen.Select(Gen.Long[1, 200], Gen.Select(Gen.Int[0, 2], Gen.Long[0, 250], Gen.Long[0, 250]).Array[1, 8]).Sample((length, specs) =>
        {
            var wanted = new HashSet<long>();
            var texts = specs.Select(spec =>
            {
                var (kind, a, b) = spec;
                var (first, last) = kind switch
                {
                    0 => (a, length - 1),
                    1 => (Math.Max(0, length - a), length - 1),
                    _ => (Math.Min(a, b), Math.Min(Math.Max(a, b), length - 1)),
                };
                if (kind != 1 || a > 0)
                {
                    for (var i = first; i <= last; i++)
                        wanted.Add(i);
                }

                return kind switch { 0 => $"{a}-", 1 => $"-{a}", _ => $"{Math.Min(a, b)}-{Math.Max(a, b)}" };
            });
            var ranges = ByteRanges.Parse("bytes=" + string.Join(",", texts), length)!.Ranges;
            var covered = ranges.SelectMany(r => Enumerable.Range((int)r.First, (int)r.Length)).ToList();
            Assert.All(ranges, r => Assert.InRange(r.Last, r.First, length - 1));
            Assert.Equal(covered.Count, covered.Distinct().Count());
            Assert.Equal(wanted.Order(), covered.Select(i => (long)i).Order());
        });

    [Fact]
    public void No_header_makes_it_throw() =>
        Gen.Select(Gen.String[Gen.Char["bytes=0123456789-, \tx"], 0, 40], Gen.Long[0, 100])
            .Sample((header, length) => { ByteRanges.Parse(header, length); ByteRanges.Parse("bytes=" + header, length); });
}
