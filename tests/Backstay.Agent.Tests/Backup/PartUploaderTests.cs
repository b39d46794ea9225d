using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Threading.Channels;
using Backstay.Agent.Backup;
using Backstay.Agent.Platform;
using Backstay.Protocol.Admin;
using Backstay.Protocol.Agent;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Backstay.Agent.Tests.Backup;

public sealed class PartUploaderTests : IAsyncLifetime
{
    private const int PartSize = 300_000;
    private readonly TempFolder _folder = new();
    private readonly ConcurrentDictionary<string, int> _tries = new();
    private TestController _controller = null!;

    public async ValueTask InitializeAsync() => _controller = await TestController.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _controller.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Every_part_arrives_as_it_was_cut()
    {
        var sent = await SendAsync(parts: 10, parallel: 4);

        Assert.Equal(sent, _controller.Archive);
    }

    [Theory]
    [InlineData(503, ErrorIds.ServiceUnavailable)]
    [InlineData(429, ErrorIds.TooManyRequests)]
    public async Task A_part_that_is_refused_for_load_is_sent_again_after_the_pause_that_was_asked_for(int status, string id)
    {
        _controller.Before = async (context, path) =>
        {
            if (Try(path) > 1)
                return false;
            await TestController.RefuseAsync(context, status, id, retryAfter: 1);
            return true;
        };

        var watch = Stopwatch.StartNew();
        var sent = await SendAsync(parts: 3, parallel: 3);

        Assert.Equal(sent, _controller.Archive);
        Assert.All(_tries.Values, tries => Assert.Equal(2, tries));
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(0.99), $"came back after {watch.Elapsed}");
    }

    [Fact]
    public async Task A_part_whose_connection_is_cut_half_way_is_sent_again()
    {
        _controller.Before = async (context, path) =>
        {
            if (Try(path) > 2)
                return false;
            await context.Request.Body.ReadExactlyAsync(new byte[PartSize / 2]);
            context.Abort();
            return true;
        };

        var sent = await SendAsync(parts: 3, parallel: 2);

        Assert.Equal(sent, _controller.Archive);
        Assert.All(_tries.Values, tries => Assert.Equal(3, tries));
    }

    [Fact]
    public async Task A_part_whose_acknowledgement_was_lost_is_sent_again_and_kept_once()
    {
        _controller.After = (context, path) =>
        {
            if (Try(path) == 1)
                context.Abort();
            return Task.CompletedTask;
        };

        var sent = await SendAsync(parts: 3, parallel: 3);

        Assert.Equal(sent, _controller.Archive);
        Assert.All(_tries.Values, tries => Assert.Equal(2, tries));
    }

    [Fact]
    public async Task A_part_that_arrives_damaged_is_sent_again_and_a_path_that_always_damages_is_an_integrity_failure()
    {
        _controller.Before = async (context, path) =>
        {
            await TestController.RefuseAsync(context, 400, ErrorIds.DigestMismatch);
            return Try(path) > 0;
        };

        var stopped = await Assert.ThrowsAsync<BackupStoppedException>(() => SendAsync(parts: 1, parallel: 1));

        Assert.Equal(FailureReason.Integrity, stopped.Reason);
        Assert.Equal(PartUploader.MostDamaged, Assert.Single(_tries).Value);
    }

    [Theory]
    [InlineData(409, ErrorIds.AttemptClosed)]
    [InlineData(409, ErrorIds.BackupEnded)]
    [InlineData(404, ErrorIds.NotFound)]
    [InlineData(507, ErrorIds.StoreFull)]
    [InlineData(401, ErrorIds.Unauthorized)]
    public async Task A_backup_that_is_over_is_not_argued_about(int status, string id)
    {
        _controller.Before = async (context, path) =>
        {
            await TestController.RefuseAsync(context, status, id);
            return Try(path) > 0;
        };

        var stopped = await Assert.ThrowsAsync<BackupStoppedException>(() => SendAsync(parts: 1, parallel: 1));

        Assert.Null(stopped.Reason);
        Assert.Equal(1, Assert.Single(_tries).Value);
    }

    [Fact]
    public async Task A_part_that_the_controller_has_with_other_bytes_is_an_integrity_failure()
    {
        _controller.Parts[1] = [1, 2, 3];

        var stopped = await Assert.ThrowsAsync<BackupStoppedException>(() => SendAsync(parts: 1, parallel: 1));

        Assert.Equal(FailureReason.Integrity, stopped.Reason);
    }

    [Fact]
    public async Task A_part_asks_before_it_is_sent()
    {
        var expectation = "";
        _controller.Before = async (context, _) =>
        {
            await TestController.RefuseAsync(context, 409, ErrorIds.BackupEnded);
            expectation = context.Request.Headers.Expect.ToString();
            return true;
        };

        await Assert.ThrowsAsync<BackupStoppedException>(() => SendAsync(parts: 1, parallel: 1));

        Assert.Equal("100-continue", expectation);
    }

    [Fact]
    public async Task The_rate_limit_holds_over_all_parts_together()
    {
        var limiter = new RateLimiter(1_000_000, TimeProvider.System);

        var watch = Stopwatch.StartNew();
        await SendAsync(parts: 5, parallel: 5, limiter);

        // 1.5 MB, of which half a megabyte is the burst.
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(0.95), $"sent in {watch.Elapsed}");
    }

    private int Try(string path) => _tries.AddOrUpdate(path, 1, (_, tries) => tries + 1);

    private async Task<byte[]> SendAsync(int parts, int parallel, RateLimiter? limiter = null)
    {
        using var http = _controller.CreateClient();
        var session = new UploadSession(
            Guid.NewGuid(), Guid.NewGuid(), "gateway-1", 1, false, false, [], new byte[32], PartPlan.Default, parallel, 60,
            DateTimeOffset.MaxValue);
        var uploader = new PartUploader(
            _controller.CreateAgentClient(http), session, limiter, TimeProvider.System, NullLogger.Instance);
        using var buffers = new PartBuffers(parts, new SpoolFolder(_folder.Path));
        var channel = Channel.CreateUnbounded<Part>();
        var all = RandomNumberGenerator.GetBytes(parts * PartSize);
        for (var number = 1; number <= parts; number++)
        {
            var buffer = await buffers.RentAsync(PartSize, default);
            await buffer.AppendAsync(all.AsMemory((number - 1) * PartSize, PartSize), default);
            channel.Writer.TryWrite(new Part(number, buffer));
        }

        channel.Writer.Complete();
        await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => uploader.SendAsync(channel.Reader, default)));
        Assert.Equal(all.Length, uploader.Acknowledged);
        return all;
    }
}
