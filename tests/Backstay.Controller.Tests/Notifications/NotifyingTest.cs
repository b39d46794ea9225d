using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Notifications;

/// <summary>A receiver, a clock that stands still, and a data folder that outlives the controllers that a test starts on it.</summary>
public abstract class NotifyingTest : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("backstay-test-").FullName;

    /// <summary>
    /// Set with AdjustTime, which fires no timer: the worker looks when a test wakes it, and days don't take the controller's other
    /// timers through every one of their seconds.
    /// </summary>
    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero));

    internal Receiver Receiver { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Receiver = await Receiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Receiver.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>A controller that may notify loopback, unless its settings say otherwise.</summary>
    internal Task<ControllerHost> StartAsync(
        IReadOnlyDictionary<string, string?>? settings = null, Action<IServiceCollection>? services = null) =>
        ControllerHost.StartAsync(Time, settings ?? Notifying.LoopbackAllowed, _folder, services);
}
