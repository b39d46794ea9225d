using Backstay.Controller.Notifications;
using CsCheck;

namespace Backstay.Controller.Tests.Notifications;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 30)]
    [InlineData(3, 120)]
    [InlineData(4, 600)]
    [InlineData(5, 1800)]
    [InlineData(6, 3600)]
    [InlineData(7, 3600)]
    [InlineData(500, 3600)]
    public void Pauses_grow_up_to_an_hour_with_up_to_a_fifth_of_jitter(int attempts, int seconds)
    {
        for (var i = 0; i < 100; i++)
        {
            var pause = RetrySchedule.NextTry(Now, attempts, null, Now.AddDays(1)) - Now;
            Assert.InRange(pause!.Value.TotalSeconds, seconds, seconds * 1.2);
        }
    }

    [Fact]
    public void Pauses_differ() => Assert.True(
        Enumerable.Range(0, 50).Select(_ => RetrySchedule.NextTry(Now, 6, null, Now.AddDays(1))).Distinct().Count() > 1);

    [Fact]
    public void A_next_try_is_after_what_the_receiver_asked_for_and_never_after_the_end() => Gen
        .Select(Gen.Int[1, 100], Gen.Int[-100, 200_000], Gen.Int[-10, 100_000])
        .Sample((attempts, retryAfter, left) =>
        {
            var giveUp = Now.AddSeconds(left);
            var next = RetrySchedule.NextTry(Now, attempts, TimeSpan.FromSeconds(retryAfter), giveUp);
            return left <= 0
                ? next is null
                : next > Now && next <= giveUp && (next == giveUp || next >= Now.AddSeconds(retryAfter));
        });
}
