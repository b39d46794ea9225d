using Backstay.Agent.Connection;
using Xunit;

namespace Backstay.Agent.Tests.Connection;

public sealed class BackoffTests
{
    [Fact]
    public void Pauses_double_up_to_the_longest_and_are_drawn_from_the_upper_half()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeProvider.System);

        foreach (var most in new[] { 1, 2, 4, 8, 10, 10, 10 })
            Assert.InRange(backoff.Next().TotalSeconds, most / 2.0, most);
        for (var i = 0; i < 100; i++)
            Assert.InRange(backoff.Next().TotalSeconds, 5, 10);

        backoff.Reset();
        Assert.InRange(backoff.Next().TotalSeconds, 0.5, 1);
    }

    [Fact]
    public void A_pause_that_was_asked_for_is_kept_up_to_the_longest()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeProvider.System);

        Assert.Equal(TimeSpan.FromSeconds(7), backoff.Next(TimeSpan.FromSeconds(7)));
        Assert.Equal(TimeSpan.FromSeconds(10), backoff.Next(TimeSpan.FromHours(1)));
    }

    [Fact]
    public void Where_it_makes_sense_a_pause_that_was_asked_for_may_be_longer_than_those_of_ones_own()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeProvider.System) { LongestAsked = TimeSpan.FromMinutes(5) };

        Assert.Equal(TimeSpan.FromSeconds(64), backoff.Next(TimeSpan.FromSeconds(64)));
        Assert.Equal(TimeSpan.FromMinutes(5), backoff.Next(TimeSpan.FromHours(1)));
        Assert.InRange(backoff.Next().TotalSeconds, 2, 4);
    }

    [Fact]
    public void A_fleet_does_not_come_back_in_one_moment()
    {
        var pauses = Enumerable.Range(0, 200)
            .Select(_ => new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10), TimeProvider.System).Next()).ToList();

        Assert.True(pauses.Distinct().Count() > 50);
    }
}
