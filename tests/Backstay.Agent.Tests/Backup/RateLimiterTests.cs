using Backstay.Agent.Backup;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Backstay.Agent.Tests.Backup;

public sealed class RateLimiterTests
{
    [Fact]
    public async Task A_burst_of_half_a_second_passes_at_once_and_the_next_byte_waits()
    {
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(1000, time);

        Assert.True(limiter.WaitAsync(500, default).IsCompleted);
        var next = limiter.WaitAsync(100, default);
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromMilliseconds(2));
        await next.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_piece_larger_than_the_bucket_passes_in_its_time()
    {
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(1000, time);

        var large = limiter.WaitAsync(10_500, default);
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(large.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        await large.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Over_any_run_no_more_passes_than_the_rate_and_one_burst()
    {
        Gen.Select(Gen.Int[1, 5000], Gen.Int[0, 500]).Array[1, 200].Sample(steps =>
        {
            var time = new FakeTimeProvider();
            var limiter = new RateLimiter(1000, time);
            var begin = time.GetTimestamp();
            var waiting = new List<(Task Passed, int Bytes)>();
            foreach (var (bytes, milliseconds) in steps)
            {
                waiting.Add((limiter.WaitAsync(bytes, default), bytes));
                time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            }

            var passed = waiting.Where(piece => piece.Passed.IsCompleted).Sum(piece => (long)piece.Bytes);
            return passed <= 500 + 1000 * time.GetElapsedTime(begin).TotalSeconds + 1;
        });
    }

    [Fact]
    public async Task Waiting_can_be_cancelled()
    {
        var limiter = new RateLimiter(1, new FakeTimeProvider());
        using var cancellation = new CancellationTokenSource();

        var waiting = limiter.WaitAsync(1000, cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
