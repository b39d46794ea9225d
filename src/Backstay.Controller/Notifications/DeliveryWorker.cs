using Backstay.Controller.Catalog;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Notifications;

/// <summary>
/// Delivers what is due, on every controller (DESIGN section 5, step 11): claim, try, write the outcome. Tries run side by side,
/// bounded in all and by host. It looks when woken and every <see cref="LookEvery"/>; what the catalog says is all it knows, so
/// a restart changes nothing.
/// </summary>
internal sealed partial class DeliveryWorker(
    DeliveryQueue queue,
    WebhookSender sender,
    MailSender mail,
    WebhookSecrets secrets,
    NotificationOutbox outbox,
    NotificationMetrics metrics,
    IDbContextFactory<CatalogContext> catalogs,
    IOptions<NotificationOptions> options,
    TimeProvider time,
    ILogger<DeliveryWorker> logger) : BackgroundService
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ForgetEvery = TimeSpan.FromHours(1);

    /// <summary>Tries in flight with their hosts. Only the loop adds and removes.</summary>
    private readonly Dictionary<Task, string> _running = [];

    private DateTimeOffset _forgetAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await StartDueAsync(stoppingToken);
                await ForgetAsync(stoppingToken);
            }
            catch (Exception exception)
            {
                if (stoppingToken.IsCancellationRequested)
                {
                    break;
                }

                // The deliveries wait in the catalog, and the next look may find it again. Of an outage CatalogReach has told.
                if (!CatalogErrors.IsOutage(exception))
                    Log.LookFailed(logger, exception);
            }

            await outbox.WaitAsync(LookEvery, stoppingToken);
        }

        await Task.WhenAll(_running.Keys);
    }

    private async Task StartDueAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            foreach (var ended in _running.Keys.Where(task => task.IsCompleted).ToList())
            {
                _running.Remove(ended);
            }

            var free = options.Value.ConcurrentTries - _running.Count;
            if (free == 0)
            {
                return;
            }

            var due = await queue.DueAsync(free, FullHosts(), stoppingToken);
            if (due.Count == 0)
            {
                return;
            }

            // A host may fill up on the way; the next round asks without it.
            foreach (var delivery in due.Where(delivery => !FullHosts().Contains(delivery.Host)))
            {
                if (await queue.ClaimAsync(delivery, stoppingToken))
                {
                    _running.Add(Task.Run(() => DeliverAsync(delivery, stoppingToken), CancellationToken.None), delivery.Host);
                }
            }
        }
    }

    private string[] FullHosts() =>
    [
        .. _running.Values.CountBy(host => host)
            .Where(count => count.Value >= options.Value.ConcurrentTriesPerHost)
            .Select(count => count.Key),
    ];

    private async Task DeliverAsync(DeliveryEntity delivery, CancellationToken stoppingToken)
    {
        var (started, clock) = (time.GetUtcNow(), time.GetTimestamp());
        try
        {
            Log.Sending(logger, delivery.Id, delivery.BackupId, delivery.Host, delivery.Attempts);
            var outcome = MailSender.Takes(delivery)
                ? await mail.TryAsync(delivery, stoppingToken)
                : await sender.TryAsync(delivery, await SecretAsync(stoppingToken), stoppingToken);
            var took = time.GetElapsedTime(clock);
            var state = await queue.SettleAsync(delivery, outcome, started, took);
            Tell(delivery, outcome, state, took);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await ReleaseAsync(delivery);
        }
        catch (Exception exception)
        {
            Log.DeliveryFaulted(logger, delivery.Id, exception);
            await SettleFaultAsync(delivery, started, time.GetElapsedTime(clock));
        }
        finally
        {
            outbox.Wake();
        }
    }

    private async Task<WebhookSecret> SecretAsync(CancellationToken cancellationToken)
    {
        await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
        return await secrets.ReadAsync(catalog, cancellationToken);
    }

    /// <summary>A fault of ours is a failed try as any other: pauses grow, and one that lasts is given up in the end.</summary>
    private async Task SettleFaultAsync(DeliveryEntity delivery, DateTimeOffset started, TimeSpan took)
    {
        try
        {
            var outcome = new TryOutcome(TryEnd.Faulted, Error: "A fault of the controller kept it from being sent. Its log has more.");
            Tell(delivery, outcome, await queue.SettleAsync(delivery, outcome, started, took), took);
        }
        catch (Exception exception)
        {
            // The claim stays until its lease is over.
            Log.DeliveryFaulted(logger, delivery.Id, exception);
        }
    }

    private async Task ReleaseAsync(DeliveryEntity delivery)
    {
        try
        {
            await queue.ReleaseAsync(delivery);
        }
        catch (Exception exception)
        {
            Log.DeliveryFaulted(logger, delivery.Id, exception);
        }
    }

    private void Tell(DeliveryEntity delivery, TryOutcome outcome, DeliveryState state, TimeSpan took)
    {
        metrics.Tried(outcome.End, took);
        if (state != DeliveryState.Pending)
        {
            metrics.Ended(state);
        }

        switch (state)
        {
            case DeliveryState.Delivered:
                Log.Delivered(logger, delivery.Id, delivery.BackupId, delivery.Host, delivery.Attempts);
                break;
            case DeliveryState.GivenUp:
                Log.GivenUp(logger, delivery.Id, delivery.BackupId, delivery.Host, outcome.End, outcome.StatusCode);
                break;
            default:
                Log.TryFailed(logger, delivery.Id, delivery.BackupId, delivery.Host, delivery.Attempts, outcome.End, outcome.StatusCode);
                break;
        }
    }

    private async Task ForgetAsync(CancellationToken stoppingToken)
    {
        if (time.GetUtcNow() < _forgetAt)
        {
            return;
        }

        var forgotten = await queue.ForgetAsync(stoppingToken);
        _forgetAt = time.GetUtcNow() + ForgetEvery;
        if (forgotten > 0)
        {
            Log.Forgotten(logger, forgotten);
        }
    }

    /// <summary>URLs stay out of the log, their host is enough: people put tokens into them.</summary>
    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Notification {Delivery} of backup {Backup} was delivered to {Host} at try {Attempt}.")]
        public static partial void Delivered(ILogger logger, Guid delivery, Guid backup, string host, int attempt);

        [LoggerMessage(2, LogLevel.Information,
            "Notification {Delivery} of backup {Backup} to {Host} failed at try {Attempt}: {End} (status {StatusCode}). It is tried again.")]
        public static partial void TryFailed(
            ILogger logger, Guid delivery, Guid backup, string host, int attempt, TryEnd end, int? statusCode);

        [LoggerMessage(3, LogLevel.Warning,
            "Notification {Delivery} of backup {Backup} to {Host} is given up: {End} (status {StatusCode}). It can be replayed.")]
        public static partial void GivenUp(ILogger logger, Guid delivery, Guid backup, string host, TryEnd end, int? statusCode);

        [LoggerMessage(4, LogLevel.Error, "Notification {Delivery} met a fault of this controller. It is tried again in a while.")]
        public static partial void DeliveryFaulted(ILogger logger, Guid delivery, Exception exception);

        [LoggerMessage(5, LogLevel.Error, "The catalog can't be asked for due notifications. It is asked again in a few seconds.")]
        public static partial void LookFailed(ILogger logger, Exception exception);

        [LoggerMessage(6, LogLevel.Information, "{Count} deliveries were removed as their time of retention is over.")]
        public static partial void Forgotten(ILogger logger, int count);

        [LoggerMessage(7, LogLevel.Debug, "Step 11: notification {Delivery} of backup {Backup} goes to {Host}, try {Attempt}.")]
        public static partial void Sending(ILogger logger, Guid delivery, Guid backup, string host, int attempt);
    }
}
