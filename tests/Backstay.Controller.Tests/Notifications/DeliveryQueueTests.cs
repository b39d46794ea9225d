using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Notifications;

/// <summary>Claims, restarts, several controllers, retention.</summary>
public sealed class DeliveryQueueTests : NotifyingTest
{
    [Fact]
    public async Task A_try_cut_off_by_a_stop_is_made_again_by_the_next_controller_at_once()
    {
        Receiver.Answer = context => Task.Delay(Timeout.Infinite, context.RequestAborted);
        Guid id;
        await using (var host = await StartAsync())
        {
            id = (await host.EndBackupAsync(Receiver.Url)).Id;
            await Receiver.NextAsync();
        }

        Receiver.AnswerWith(200);
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
                Url = Receiver.Url,
                Host = "127.0.0.1",
                Body = "{}",
                State = DeliveryState.Pending,
                Created = Time.GetUtcNow(),
                NextTry = Time.GetUtcNow() + DeliveryQueue.ClaimedFor,
                GiveUp = Time.GetUtcNow().AddDays(1),
                Claim = Guid.NewGuid(),
                Attempts = 1,
            };
            catalog.Add(claimed);
            await catalog.SaveChangesAsync();
            return claimed;
        });

        // While it is claimed, another one goes out and this one doesn't.
        var other = await host.EndBackupAsync(Receiver.Url);
        await host.UntilAsync(other.Id, d => d.State == DeliveryState.Delivered);
        Assert.Single(Receiver.All);

        Time.AdjustTime(Time.GetUtcNow() + DeliveryQueue.ClaimedFor);
        host.Wake();
        var delivered = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(2, delivered.Attempts);
    }

    [Fact]
    public async Task A_delivery_that_nobody_woke_the_worker_for_is_found_all_the_same()
    {
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url, wake: false);
        await host.UntilAsync(delivery.Id, d =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return d.State == DeliveryState.Delivered;
        });
    }

    [Fact]
    public async Task Two_controllers_on_one_catalog_deliver_each_notification_once()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        var appliance = Notifying.NewAppliance(Time);
        await one.CatalogAsync(async catalog =>
        {
            catalog.Add(appliance);
            var outbox = one.Services.GetRequiredService<NotificationOutbox>();
            foreach (var backup in Enumerable.Range(0, 200).Select(_ => Notifying.NewBackup(appliance, Receiver.Url, true, Time)))
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

        Assert.Equal(200, Receiver.All.Count);
        Assert.Equal(200, Receiver.All.DistinctBy(r => r.Headers["webhook-id"]).Count());
    }

    [Fact]
    public async Task Only_one_of_two_workers_that_saw_the_same_delivery_claims_it()
    {
        // No worker of its own: the test is both workers.
        await using var host = await StartAsync(services: services =>
            services.Remove(services.Single(service => service.ImplementationType == typeof(DeliveryWorker))));
        var delivery = await host.EndBackupAsync(Receiver.Url);
        var (one, other) = (await host.DeliveryAsync(delivery.Id), await host.DeliveryAsync(delivery.Id));

        var queue = host.Services.GetRequiredService<DeliveryQueue>();
        Assert.True(await queue.ClaimAsync(one, CancellationToken.None));
        Assert.False(await queue.ClaimAsync(other, CancellationToken.None));

        // The one that is late writes nothing over the one that holds the claim.
        other.Claim = Guid.NewGuid();
        await queue.SettleAsync(other, new TryOutcome(TryEnd.Delivered, 200), Time.GetUtcNow(), TimeSpan.Zero);
        Assert.Equal(DeliveryState.Pending, (await host.DeliveryAsync(delivery.Id)).State);
    }

    [Fact]
    public async Task Ended_deliveries_go_after_their_time_of_retention_and_others_stay()
    {
        await using var host = await StartAsync();
        var old = await host.EndBackupAsync(Receiver.Url);
        await host.UntilAsync(old.Id, d => d.State == DeliveryState.Delivered);
        Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromDays(31) + TimeSpan.FromSeconds(1));
        var young = await host.EndBackupAsync(Receiver.Url);

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
        Receiver.AnswerWith(500);
        await using var host = await StartAsync();
        var delivery = await host.EndBackupAsync(Receiver.Url);
        await host.UntilTriedAsync(delivery.Id, 1);
        await host.CatalogAsync(async catalog =>
        {
            catalog.AddRange(Enumerable.Range(0, 100).Select(i => new DeliveryTryEntity
            {
                DeliveryId = delivery.Id,
                Time = Time.GetUtcNow(),
                StatusCode = 500,
                Milliseconds = i,
            }));
            await catalog.SaveChangesAsync();
        });
        Receiver.AnswerWith(200);
        Time.AdjustTime(Time.GetUtcNow() + TimeSpan.FromHours(1));
        host.Wake();
        var delivered = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal(DeliveryQueue.MaxTries, delivered.Tries.Count);
        Assert.Equal(200, delivered.Tries[^1].StatusCode);
        Assert.Equal(51, delivered.Tries[0].Milliseconds);
    }
}
