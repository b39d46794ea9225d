using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Backstay.Controller.Tests.Notifications;

/// <summary>What an operator sees of notifications, and must not see.</summary>
public sealed class ObservedTests : IAsyncLifetime
{
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Fact]
    public async Task Tries_and_ends_are_counted()
    {
        await using var host = await ControllerHost.StartAsync(settings: Notifying.LoopbackAllowed);
        var seen = new ConcurrentQueue<(string Name, object? Tag)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == NotificationMetrics.MeterName
                    && ReferenceEquals(instrument.Meter.Scope, host.Services.GetRequiredService<IMeterFactory>()))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => seen.Enqueue((instrument.Name, tags[0].Value)));
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => seen.Enqueue((instrument.Name, tags[0].Value)));
        listener.Start();

        _receiver.AnswerWith(410);
        var delivery = await host.EndBackupAsync(_receiver.Url);
        await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.GivenUp);
        await UntilAsync(() => seen.Count >= 2);
        Assert.Equal(
            [("backstay.notifications.try.duration", "gone"), ("backstay.notifications.ended", (object?)"given-up")], seen);
    }

    [Fact]
    public async Task The_log_tells_of_deliveries_without_url_body_or_secret()
    {
        var log = new CapturedLog();
        await using var host = await ControllerHost.StartAsync(
            settings: Notifying.LoopbackAllowed,
            services: services => services.AddLogging(logging => logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace)));
        var delivery = await host.EndBackupAsync(_receiver.Url + "?token=sesame", succeeded: false);
        await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        var secret = await host.SecretAsync();
        await UntilAsync(() => log.Lines.Any(line => line.Contains($"Notification {delivery.Id} of backup", StringComparison.Ordinal)));

        Assert.DoesNotContain(log.Lines, line => line.Contains("sesame", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains("pg_dump", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.Contains(secret.Secret, StringComparison.Ordinal));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
