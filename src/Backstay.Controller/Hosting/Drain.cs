using Microsoft.Extensions.Options;

namespace Backstay.Controller.Hosting;

/// <summary>
/// The pause between being told to stop and closing the door (<see cref="ListenOptions.DrainPause"/>): <c>/healthz</c> says 503, so that
/// balancers turn to other controllers, and everything else is answered as before.
/// </summary>
internal sealed class Drain : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _over = new();
    private readonly IHostApplicationLifetime _lifetime;
    private readonly TimeProvider _time;
    private readonly TimeSpan _pause;
    private volatile bool _begun;

    public Drain(IHostApplicationLifetime lifetime, IOptions<ListenOptions> listen, TimeProvider time)
    {
        (_lifetime, _time, _pause) = (lifetime, time, listen.Value.DrainPause);
        Over = _over.Token;
    }

    /// <summary>Cancelled when the pause is over: what would go on for ever has to end now, or the server waits for it in vain.</summary>
    public CancellationToken Over { get; }

    /// <summary>From the moment on that the process is told to stop.</summary>
    public bool HasBegun => _begun || _lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Comes before the server, or anything else, is stopped. After a start that failed nobody is there to turn away.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        _begun = true;
        if (_over.IsCancellationRequested)
            return;

        try
        {
            if (_lifetime.ApplicationStarted.IsCancellationRequested)
                await Task.Delay(_pause, _time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The time for the whole of stopping is up.
        }

        await _over.CancelAsync();
    }

    public void Dispose() => _over.Dispose();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
