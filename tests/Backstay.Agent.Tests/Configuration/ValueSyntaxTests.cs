using Backstay.Agent.Configuration;
using CsCheck;
using Xunit;

namespace Backstay.Agent.Tests.Configuration;

public sealed class ValueSyntaxTests
{
    [Theory]
    [InlineData("64kB/s", 64_000)]
    [InlineData("20MB/s", 20_000_000)]
    [InlineData("1.5 MiB/s", 1_572_864)]
    [InlineData("2GB/s", 2_000_000_000)]
    [InlineData("100000B/s", 100_000)]
    public void A_rate_is_a_number_and_a_unit(string text, long expected)
    {
        Assert.True(ValueSyntax.TryParseRate(text, out var rate));
        Assert.Equal(expected, rate);
    }

    [Theory]
    [InlineData("20")]
    [InlineData("MB/s")]
    [InlineData("-1MB/s")]
    [InlineData("1.2.3MB/s")]
    [InlineData("20mb/s")]
    [InlineData("9999999999999999GB/s")]
    public void Anything_else_is_no_rate(string text) => Assert.False(ValueSyntax.TryParseRate(text, out _));

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("10")]
    [InlineData("1.5h")]
    [InlineData("-1s")]
    [InlineData("99999999999d")]
    [InlineData("2147483647d")]
    public void Anything_else_is_no_time(string text) => Assert.False(ValueSyntax.TryParseDuration(text, out _));

    [Fact]
    public void A_time_that_is_written_is_read_as_itself() =>
        Gen.Int[1, 10_000_000].Sample(seconds =>
            ValueSyntax.TryParseDuration(ValueSyntax.Format(TimeSpan.FromSeconds(seconds)), out var read)
            && read == TimeSpan.FromSeconds(seconds));
}
