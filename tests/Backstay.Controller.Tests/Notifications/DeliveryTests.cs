using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Notifications;

public sealed class DeliveryTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_success_is_posted_signed_with_what_it_left()
    {
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);

        var received = await _receiver.NextAsync();
        Assert.Equal("POST /hook", received.Path);
        Assert.Equal(delivery.Id.ToString(), received.Headers["webhook-id"]);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), received.Headers["webhook-timestamp"]);
        Assert.True(received.IsSignedWith((await host.SecretAsync()).Secret));
        Assert.Equal("application/json", received.Headers["content-type"]);
        Assert.StartsWith("Backstay/", received.Headers["user-agent"], StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", received.Headers.Keys);

        var body = JsonDocument.Parse(received.Body).RootElement;
        Assert.Equal("backup.succeeded", body.GetProperty("type").GetString());
        var data = body.GetProperty("data");
        Assert.Equal(delivery.BackupId, data.GetProperty("backupId").GetGuid());
        Assert.Equal(delivery.ApplianceId, data.GetProperty("applianceId").GetGuid());
        Assert.Equal("success", data.GetProperty("result").GetString());
        Assert.Equal(1234, data.GetProperty("size").GetInt64());
        Assert.Equal(string.Concat(Enumerable.Repeat("ab", 32)), data.GetProperty("sha256").GetString());
        Assert.Equal(_time.GetUtcNow(), data.GetProperty("ended").GetDateTimeOffset());
        Assert.False(data.TryGetProperty("reason", out _));

        var delivered = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(204, Assert.Single(delivered.Tries).StatusCode);
        Assert.Equal(_time.GetUtcNow(), delivered.Delivered);
    }

    [Fact]
    public async Task A_failure_is_posted_with_its_reason()
    {
        await using var host = await StartAsync();
        await host.EndBackupAsync(_receiver.Url, succeeded: false);

        var body = JsonDocument.Parse((await _receiver.NextAsync()).Body).RootElement;
        Assert.Equal("backup.failed", body.GetProperty("type").GetString());
        Assert.Equal("failure", body.GetProperty("data").GetProperty("result").GetString());
        Assert.Equal("source-failed", body.GetProperty("data").GetProperty("reason").GetString());
        Assert.Equal("pg_dump: no such database \"crm\"", body.GetProperty("data").GetProperty("message").GetString());
        Assert.False(body.GetProperty("data").TryGetProperty("sha256", out _));
    }

    [Fact]
    public async Task A_backup_without_a_url_leaves_no_delivery()
    {
        await using var host = await StartAsync();
        Assert.Null(await host.EndBackupAsync(null));
    }

    [Fact]
    public async Task A_backup_that_has_not_ended_cannot_be_notified_of()
    {
        await using var host = await StartAsync();
        var backup = Notifying.NewBackup(Notifying.NewAppliance(_time), _receiver.Url, succeeded: true, _time);
        backup.State = BackupState.Running;
        await host.CatalogAsync(catalog =>
        {
            Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<NotificationOutbox>().Add(catalog, backup, "a"));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task An_end_that_is_rolled_back_is_never_notified_of()
    {
        await using var host = await StartAsync();
        var outbox = host.Services.GetRequiredService<NotificationOutbox>();
        await host.CatalogAsync(async catalog =>
        {
            var appliance = Notifying.NewAppliance(_time);
            var backup = Notifying.NewBackup(appliance, _receiver.Url, succeeded: true, _time);
            await using var transaction = await catalog.Database.BeginTransactionAsync();
            catalog.AddRange(appliance, backup);
            outbox.Add(catalog, backup, appliance.Name);
            await catalog.SaveChangesAsync();
            await transaction.RollbackAsync();
        });
        outbox.Wake();

        // The one that follows is delivered: the worker has looked.
        var next = await host.EndBackupAsync(_receiver.Url);
        await host.UntilAsync(next.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(next.Id.ToString(), Assert.Single(_receiver.All).Headers["webhook-id"]);
    }

    [Fact]
    public async Task Failed_tries_are_repeated_with_growing_pauses_across_a_restart_until_one_is_taken()
    {
        _receiver.AnswerWith(500);
        Guid id;
        int[] pauses = [5, 30, 120, 600, 1800];
        await using (var host = await StartAsync())
        {
            id = (await host.EndBackupAsync(_receiver.Url)).Id;
            foreach (var pause in pauses[..3])
            {
                await PauseIsAsync(host, pause);
            }
        }

        await using (var host = await StartAsync())
        {
            foreach (var pause in pauses[3..])
            {
                await PauseIsAsync(host, pause);
            }

            _receiver.AnswerWith(200);
            host.Wake();
            var delivered = await host.UntilAsync(id, d => d.State == DeliveryState.Delivered);
            Assert.Equal([500, 500, 500, 500, 500, 200], delivered.Tries.Select(t => t.StatusCode!.Value));

            // Same id, new timestamp, new signature.
            var secret = (await host.SecretAsync()).Secret;
            Assert.Single(_receiver.All.DistinctBy(r => r.Headers["webhook-id"]));
            Assert.Equal(6, _receiver.All.DistinctBy(r => r.Headers["webhook-timestamp"]).Count());
            Assert.All(_receiver.All, r => Assert.True(r.IsSignedWith(secret)));
        }

        async Task PauseIsAsync(ControllerHost host, int seconds)
        {
            host.Wake();
            var tried = await host.UntilAsync(id, d => d.Claim is null && d.NextTry > _time.GetUtcNow());
            Assert.InRange((tried.NextTry - _time.GetUtcNow()).TotalSeconds, seconds, seconds * 1.2);
            _time.SetUtcNow(tried.NextTry);
        }
    }

    [Fact]
    public async Task A_delivery_is_given_up_after_a_day_of_tries()
    {
        _receiver.AnswerWith(503);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);

        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        while (tried.State == DeliveryState.Pending)
        {
            _time.SetUtcNow(tried.NextTry);
            host.Wake();
            tried = await host.UntilTriedAsync(delivery.Id, tried.Tries.Count + 1);
        }

        Assert.Equal(DeliveryState.GivenUp, tried.State);
        Assert.InRange(tried.Tries.Count, 25, 29);
        Assert.Equal(delivery.Created.AddHours(24), tried.Tries[^1].Time);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_not_tried_again()
    {
        _receiver.AnswerWith(410);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);
        var ended = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.GivenUp);
        Assert.Equal(410, Assert.Single(ended.Tries).StatusCode);
    }

    [Theory]
    [InlineData("7200", 7200)]
    [InlineData("Mon, 23 Nov 2026 15:00:00 GMT", 10800)]
    [InlineData("999999999", 86400)]
    public async Task A_receiver_is_left_alone_for_as_long_as_it_asks(string retryAfter, int seconds)
    {
        _receiver.AnswerWith(429, response => response.Headers.RetryAfter = retryAfter);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.Equal(_time.GetUtcNow().AddSeconds(seconds), tried.NextTry);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task A_redirect_is_not_followed(int status)
    {
        _receiver.AnswerWith(status, response => response.Headers.Location = $"http://127.0.0.1:{_receiver.Port}/elsewhere");
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);
        var tried = Assert.Single((await host.UntilTriedAsync(delivery.Id, 1)).Tries);
        Assert.Equal(status, tried.StatusCode);
        Assert.Contains("Redirects aren't followed", tried.Error, StringComparison.Ordinal);
        Assert.Equal("POST /hook", Assert.Single(_receiver.All).Path);
    }

    [Fact]
    public async Task A_receiver_that_never_answers_is_left_after_30_seconds()
    {
        _receiver.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);
        await _receiver.NextAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        var tried = Assert.Single((await host.UntilTriedAsync(delivery.Id, 1)).Tries);
        Assert.Null(tried.StatusCode);
        Assert.Equal("No answer within 30 seconds.", tried.Error);
        Assert.Equal(30_000, tried.Milliseconds);
    }

    [Fact]
    public async Task A_slow_host_does_not_hold_up_the_others()
    {
        await using var slow = await Receiver.StartAsync();
        slow.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        await using var host = await StartAsync(
            settings: new Dictionary<string, string?>(Notifying.LoopbackAllowed)
            {
                ["Notifications:ConcurrentTries"] = "3",
                ["Notifications:ConcurrentTriesPerHost"] = "2",
            },
            resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        for (var i = 0; i < 8; i++)
        {
            await host.EndBackupAsync($"http://slow.test:{slow.Port}/");
        }

        for (var i = 0; i < 5; i++)
        {
            var fast = await host.EndBackupAsync($"http://fast.test:{_receiver.Port}/");
            await host.UntilAsync(fast.Id, d => d.State == DeliveryState.Delivered);
        }

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
        _receiver.AnswerWith(200, response => response.Headers["x-long"] = new string('x', 100_000));
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.Equal(DeliveryState.Pending, tried.State);
        Assert.Equal("The answer's headers are too long.", Assert.Single(tried.Tries).Error);
    }

    [Fact]
    public async Task A_try_cut_off_by_a_stop_is_made_again_by_the_next_controller_at_once()
    {
        _receiver.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        Guid id;
        await using (var host = await StartAsync())
        {
            id = (await host.EndBackupAsync(_receiver.Url)).Id;
            await _receiver.NextAsync();
        }

        _receiver.AnswerWith(200);
        await using (var host = await StartAsync())
        {
            var delivered = await host.UntilAsync(id, d => d.State == DeliveryState.Delivered);
            Assert.Equal(200, Assert.Single(delivered.Tries).StatusCode);
        }
    }

    [Fact]
    public async Task The_claim_of_a_controller_that_died_runs_out()
    {
        await using var host = await StartAsync();
        var delivery = await host.CatalogAsync(async catalog =>
        {
            var claimed = new DeliveryEntity
            {
                Id = Guid.NewGuid(),
                BackupId = Guid.NewGuid(),
                ApplianceId = Guid.NewGuid(),
                Url = _receiver.Url,
                Host = "127.0.0.1",
                Body = "{}",
                State = DeliveryState.Pending,
                Created = _time.GetUtcNow(),
                NextTry = _time.GetUtcNow() + DeliveryQueue.ClaimedFor,
                GiveUp = _time.GetUtcNow().AddDays(1),
                Claim = Guid.NewGuid(),
                Attempts = 1,
            };
            catalog.Add(claimed);
            await catalog.SaveChangesAsync();
            return claimed;
        });

        // While it is claimed, another one goes out and this one doesn't.
        var other = await host.EndBackupAsync(_receiver.Url);
        await host.UntilAsync(other.Id, d => d.State == DeliveryState.Delivered);
        Assert.Single(_receiver.All);

        _time.Advance(DeliveryQueue.ClaimedFor);
        host.Wake();
        var delivered = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(2, delivered.Attempts);
    }

    [Fact]
    public async Task Two_controllers_on_one_catalog_deliver_each_notification_once()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        var appliance = Notifying.NewAppliance(_time);
        await one.CatalogAsync(async catalog =>
        {
            if (!await catalog.Settings.AnyAsync()) catalog.Settings.Add(new SettingsEntity());
            catalog.Add(appliance);
            var outbox = one.Services.GetRequiredService<NotificationOutbox>();
            foreach (var backup in Enumerable.Range(0, 200).Select(_ => Notifying.NewBackup(appliance, _receiver.Url, true, _time)))
            {
                catalog.Add(backup);
                outbox.Add(catalog, backup, appliance.Name);
            }

            await catalog.SaveChangesAsync();
        });
        one.Wake();
        other.Wake();

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await one.CatalogAsync(catalog => catalog.Deliveries.AnyAsync(d => d.State != DeliveryState.Delivered)))
        {
            await Task.Delay(50, limit.Token);
        }

        Assert.Equal(200, _receiver.All.Count);
        Assert.Equal(200, _receiver.All.DistinctBy(r => r.Headers["webhook-id"]).Count());
    }

    [Fact]
    public async Task Only_one_of_two_workers_that_saw_the_same_delivery_claims_it()
    {
        await using var host = await StartAsync(settings: new Dictionary<string, string?>(), resolve: null);
        var delivery = await host.EndBackupAsync("http://127.0.0.1:1/");
        await host.UntilTriedAsync(delivery.Id, 1);
        var (one, other) = (await host.DeliveryAsync(delivery.Id), await host.DeliveryAsync(delivery.Id));
        _time.SetUtcNow(one.NextTry);

        var queue = host.Services.GetRequiredService<DeliveryQueue>();
        Assert.True(await queue.ClaimAsync(one, CancellationToken.None));
        Assert.False(await queue.ClaimAsync(other, CancellationToken.None));

        // The one that is late writes nothing over the one that holds the claim.
        other.Claim = Guid.NewGuid();
        await queue.SettleAsync(other, new TryOutcome(TryEnd.Delivered, 200), _time.GetUtcNow(), TimeSpan.Zero);
        Assert.Equal(DeliveryState.Pending, (await host.DeliveryAsync(delivery.Id)).State);
    }

    [Fact]
    public async Task Ended_deliveries_go_after_their_time_of_retention_and_others_stay()
    {
        await using var host = await StartAsync();
        var old = await host.EndBackupAsync(_receiver.Url);
        await host.UntilAsync(old.Id, d => d.State == DeliveryState.Delivered);
        _time.Advance(TimeSpan.FromDays(31) + TimeSpan.FromSeconds(1));
        var young = await host.EndBackupAsync(_receiver.Url);

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await host.CatalogAsync(catalog => catalog.Deliveries.AnyAsync(d => d.Id == old.Id)))
        {
            await Task.Delay(20, limit.Token);
        }

        Assert.Equal(0, await host.CatalogAsync(catalog => catalog.DeliveryTries.CountAsync(t => t.DeliveryId == old.Id)));
        await host.UntilAsync(young.Id, d => d.State == DeliveryState.Delivered);
    }

    [Fact]
    public async Task Of_endless_tries_the_last_ones_are_kept()
    {
        _receiver.AnswerWith(500);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(_receiver.Url);
        await host.UntilTriedAsync(delivery.Id, 1);
        await host.CatalogAsync(async catalog =>
        {
            catalog.AddRange(Enumerable.Range(0, 100).Select(i => new DeliveryTryEntity
            {
                DeliveryId = delivery.Id, Time = _time.GetUtcNow(), StatusCode = 500, Milliseconds = i,
            }));
            await catalog.SaveChangesAsync();
        });
        _receiver.AnswerWith(200);
        _time.Advance(TimeSpan.FromHours(1));
        host.Wake();
        var delivered = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(DeliveryQueue.MaxTries, delivered.Tries.Count);
        Assert.Equal(200, delivered.Tries[^1].StatusCode);
        Assert.Equal(51, delivered.Tries[0].Milliseconds);
    }

    private Task<ControllerHost> StartAsync(IReadOnlyDictionary<string, string?>? settings = null, HostResolver? resolve = null) =>
        ControllerHost.StartAsync(_time, settings ?? Notifying.LoopbackAllowed, _folder, services =>
        {
            if (resolve is not null)
            {
                services.AddSingleton(resolve);
            }
        });
}
