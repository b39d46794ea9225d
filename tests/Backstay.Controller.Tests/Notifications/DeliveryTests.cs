using System.Globalization;
using System.Text.Json;
using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Notifications;

public sealed class DeliveryTests : NotifyingTest
{
    [Fact]
    public async Task A_success_is_posted_signed_with_what_it_left()
    {
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);

        var received = await Receiver.NextAsync();
        Assert.Equal("POST /hook", received.Path);
        Assert.Equal(delivery.Id.ToString(), received.Headers["webhook-id"]);
        Assert.Equal(Time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), received.Headers["webhook-timestamp"]);
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
        Assert.Equal(Time.GetUtcNow(), data.GetProperty("ended").GetDateTimeOffset());
        Assert.False(data.TryGetProperty("reason", out _));

        var delivered = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(204, Assert.Single(delivered.Tries).StatusCode);
        Assert.Equal(Time.GetUtcNow(), delivered.Delivered);
    }

    [Fact]
    public async Task A_failure_is_posted_with_its_reason()
    {
        await using var host = await StartAsync();
        await host.EndBackupAsync(Receiver.Url, succeeded: false);

        var body = JsonDocument.Parse((await Receiver.NextAsync()).Body).RootElement;
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
        var backup = Notifying.NewBackup(Notifying.NewAppliance(Time), Receiver.Url, succeeded: true, Time);
        backup.State = BackupState.Running;
        await host.CatalogAsync(catalog =>
        {
            Assert.Throws<InvalidOperationException>(() => host.Services.GetRequiredService<NotificationOutbox>().Add(catalog, backup, "a"));
            return Task.CompletedTask;
        });
    }

    [Fact]
    public async Task A_fault_of_the_controller_that_lasts_is_a_try_and_given_up_in_the_end()
    {
        await using var host = await StartAsync();
        await host.CatalogAsync(catalog => catalog.Settings.ExecuteUpdateAsync(set => set.SetProperty(s => s.ProtectedWebhookSecret, [1, 2, 3])));
        var delivery = await host.EndBackupAsync(Receiver.Url);

        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.Equal(DeliveryState.Pending, tried.State);
        Assert.Contains("fault of the controller", tried.Tries[0].Error, StringComparison.Ordinal);

        Time.AdjustTime(tried.GiveUp);
        host.Wake();
        var ended = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.GivenUp);
        Assert.Equal(2, ended.Tries.Count);
    }

    [Fact]
    public async Task An_end_that_is_rolled_back_is_never_notified_of()
    {
        await using var host = await StartAsync();
        var outbox = host.Services.GetRequiredService<NotificationOutbox>();
        await host.CatalogAsync(async catalog =>
        {
            var appliance = Notifying.NewAppliance(Time);
            var backup = Notifying.NewBackup(appliance, Receiver.Url, succeeded: true, Time);
            await using var transaction = await catalog.Database.BeginTransactionAsync();
            catalog.AddRange(appliance, backup);
            outbox.Add(catalog, backup, appliance.Name);
            await catalog.SaveChangesAsync();
            await transaction.RollbackAsync();
        });
        outbox.Wake();

        // The one that follows is delivered: the worker has looked.
        var next = await host.EndBackupAsync(Receiver.Url);
        await host.UntilAsync(next.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(next.Id.ToString(), Assert.Single(Receiver.All).Headers["webhook-id"]);
    }

    [Fact]
    public async Task Failed_tries_are_repeated_with_growing_pauses_across_a_restart_until_one_is_taken()
    {
        Receiver.AnswerWith(500);
        Guid id;
        int[] pauses = [5, 30, 120, 600, 1800];
        var due = Time.GetUtcNow();
        await using (var host = await StartAsync())
        {
            id = (await host.EndBackupAsync(Receiver.Url)).Id;
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

            Receiver.AnswerWith(200);
            Time.AdjustTime(due);
            host.Wake();
            var delivered = await host.UntilAsync(id, d => d.State == DeliveryState.Delivered);
            Assert.Equal([500, 500, 500, 500, 500, 200], delivered.Tries.Select(t => t.StatusCode!.Value));

            // Same id, new timestamp, new signature.
            var secret = (await host.SecretAsync()).Secret;
            Assert.Single(Receiver.All.DistinctBy(r => r.Headers["webhook-id"]));
            Assert.Equal(6, Receiver.All.DistinctBy(r => r.Headers["webhook-timestamp"]).Count());
            Assert.All(Receiver.All, r => Assert.True(r.IsSignedWith(secret)));
        }

        async Task PauseIsAsync(ControllerHost host, int seconds)
        {
            Time.AdjustTime(due);
            host.Wake();
            var tried = await host.UntilAsync(id, d => d.Claim is null && d.NextTry > due);
            Assert.InRange((tried.NextTry - due).TotalSeconds, seconds, seconds * 1.2);
            due = tried.NextTry;
        }
    }

    [Fact]
    public async Task A_delivery_is_given_up_after_a_day_of_tries()
    {
        Receiver.AnswerWith(503);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);

        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        while (tried.State == DeliveryState.Pending)
        {
            Time.AdjustTime(tried.NextTry);
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
        Receiver.AnswerWith(410);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);
        var ended = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.GivenUp);
        Assert.Equal(410, Assert.Single(ended.Tries).StatusCode);
    }

    [Theory]
    [InlineData("7200", 7200)]
    [InlineData("Mon, 23 Nov 2026 15:00:00 GMT", 10800)]
    [InlineData("999999999", 86400)]
    public async Task A_receiver_is_left_alone_for_as_long_as_it_asks(string retryAfter, int seconds)
    {
        Receiver.AnswerWith(429, response => response.Headers.RetryAfter = retryAfter);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.Equal(Time.GetUtcNow().AddSeconds(seconds), tried.NextTry);
    }
}
