using System.Security.Cryptography;
using Backstay.Agent.Backup;
using Backstay.Agent.Configuration;
using Backstay.Agent.Platform;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Backstay.Agent.Tests.Backup;

public sealed class PartContentTests : IDisposable
{
    private const int Parts = 16;
    private const int PartSize = 300_000;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task At_the_lowest_rate_every_one_of_sixteen_parts_moves_all_the_time_and_none_is_taken_for_stalled()
    {
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(AgentSettings.LeastRate, time);
        using var buffers = new PartBuffers(Parts, new SpoolFolder(_folder.Path));
        var line = new Line();
        List<(Watched Sent, CancellationTokenSource Stall, Task Sending)> parts = [];
        var all = RandomNumberGenerator.GetBytes(PartSize);
        for (var number = 1; number <= Parts; number++)
        {
            var buffer = await buffers.RentAsync(PartSize, default);
            await buffer.AppendAsync(all, default);
            var (sent, stall) = (new Watched(line), new CancellationTokenSource(PartContent.Stall, time));
            parts.Add((sent, stall, new PartContent(buffer, limiter, stall).CopyToAsync(sent, stall.Token)));
        }

        // 4.8 MB at 64 kB/s: 75 seconds.
        var sending = Task.WhenAll(parts.Select(part => part.Sending));
        while (!sending.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(0.1));
            await Task.Delay(1);
        }

        await sending;
        foreach (var (sent, stall, _) in parts)
        {
            Assert.Equal(all, sent.ToArray());
            Assert.True(sent.LongestPause < 8 * AgentSettings.LeastRate, $"{sent.LongestPause} bytes of other parts went out between two of its own");
            Assert.False(stall.IsCancellationRequested);
            stall.Dispose();
        }
    }

    [Fact]
    public async Task Waiting_for_its_turn_is_not_standing_still()
    {
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(AgentSettings.LeastRate, time);
        using var buffers = new PartBuffers(1, new SpoolFolder(_folder.Path));
        var buffer = await buffers.RentAsync(PartSize, default);
        await buffer.AppendAsync(new byte[1000], default);
        using var stall = new CancellationTokenSource(PartContent.Stall, time);
        _ = limiter.WaitAsync((int)(2 * AgentSettings.LeastRate * PartContent.Stall.TotalSeconds), default);
        using var sent = new Watched(new Line());
        var sending = new PartContent(buffer, limiter, stall).CopyToAsync(sent, stall.Token);
        while (!sending.IsCompleted && time.GetUtcNow() < time.Start + (3 * PartContent.Stall))
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        await sending.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(1000, sent.Length);
    }

    /// <summary>What all parts go out over.</summary>
    private sealed class Line
    {
        private long _bytes;

        public long Add(int bytes) => Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Takes everything, and knows how many bytes of others went out between two of its own.</summary>
    private sealed class Watched(Line line) : MemoryStream
    {
        private long _last;

        public long LongestPause { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var now = line.Add(buffer.Length);
            LongestPause = Math.Max(LongestPause, now - buffer.Length - _last);
            _last = now;
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
