using System.Net;
using System.Net.Sockets;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Notifications;

/// <summary>Receivers that are slow, endless, or point elsewhere: none of it reaches further than its own delivery.</summary>
public sealed class HostileReceiverTests : NotifyingTest
{
    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        Receiver.AnswerWith(status, response => response.Headers.Location = $"http://127.0.0.1:{Receiver.Port}/elsewhere");
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);
        var tried = Assert.Single((await host.UntilTriedAsync(delivery.Id, 1)).Tries);
        Assert.Equal(status, tried.StatusCode);
        Assert.Contains("Redirects aren't followed", tried.Error, StringComparison.Ordinal);
        Assert.Equal("POST /hook", Assert.Single(Receiver.All).Path);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_left_after_30_seconds()
    {
        Receiver.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);
        await Receiver.NextAsync();
        Time.Advance(TimeSpan.FromSeconds(30));
        var tried = Assert.Single((await host.UntilTriedAsync(delivery.Id, 1)).Tries);
        Assert.Null(tried.StatusCode);
        Assert.Equal("No answer within 30 seconds.", tried.Error);
        Assert.Equal(30_000, tried.Milliseconds);
    }

    [Fact]
    public async Task A_slow_host_does_not_hold_up_the_others()
    {
        await using var slow = await Notifications.Receiver.StartAsync();
        slow.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var host = await StartAsync(
            settings: new Dictionary<string, string?>(Notifying.LoopbackAllowed)
            {
                ["Notifications:ConcurrentTries"] = "3",
                ["Notifications:ConcurrentTriesPerHost"] = "2",
            },
            services => services.AddSingleton<HostResolver>((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback])));
        for (var i = 0; i < 8; i++)
        {
            await host.EndBackupAsync($"http://slow.test:{slow.Port}/");
        }

        for (var i = 0; i < 5; i++)
        {
            var fast = await host.EndBackupAsync($"http://fast.test:{Receiver.Port}/");
            await host.UntilAsync(fast.Id, d => d.State == DeliveryState.Delivered);
        }

        await slow.NextAsync();
        await slow.NextAsync();
        Assert.Equal(2, slow.All.Count);
    }

    [Fact]
    public async Task An_endless_answer_is_not_read()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var sent = AnswerWithoutEndAsync(listener);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);

        // What was sent beyond the 64 KiB lay in the buffers of two sockets.
        Assert.InRange(await sent.WaitAsync(TimeSpan.FromSeconds(30)), 1, 32 * 1024 * 1024);

        static async Task<long> AnswerWithoutEndAsync(TcpListener listener)
        {
            using var socket = await listener.AcceptSocketAsync();
            await socket.ReceiveAsync(new byte[4096]);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n"u8.ToArray());
            var (chunk, sent) = (new byte[64 * 1024], 0L);
            try
            {
                while (true)
                {
                    sent += await socket.SendAsync(chunk);
                }
            }
            catch (SocketException)
            {
                return sent;
            }
        }
    }

    [Fact]
    public async Task Endless_headers_are_a_failed_try()
    {
        Receiver.AnswerWith(200, response => response.Headers["x-long"] = new string('x', 100_000));
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.Equal(DeliveryState.Pending, tried.State);
        Assert.Equal("The answer's headers are too long.", Assert.Single(tried.Tries).Error);
    }
}
