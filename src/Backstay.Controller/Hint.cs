using System.Threading.Channels;

namespace Backstay.Controller;

/// <summary>
/// Tells a worker of this controller that there is something to do. A hint and no more: lost, it costs a pause, as the worker looks by
/// itself, too.
/// </summary>
internal abstract class Hint(TimeProvider time)
{
    private readonly Channel<bool> _wake =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Waits for <see cref="Wake"/>, at most this long.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_wake.Reader.WaitToReadAsync(over.Token).AsTask(), Task.Delay(atMost, time, over.Token));
        await over.CancelAsync();
        _wake.Reader.TryRead(out _);
    }
}
