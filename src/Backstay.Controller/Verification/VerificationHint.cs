using System.Threading.Channels;

namespace Backstay.Controller.Verification;

/// <summary>Tells this controller's verification that there is an archive to look at. Lost, it costs a pause: it looks by itself, too.</summary>
internal sealed class VerificationHint(TimeProvider time)
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
