using System.Net;

namespace Backstay.Controller.Tests.Backups.Uploads;

/// <summary>A body that stops in the middle until it is told to go on, or for ever.</summary>
internal sealed class PausingContent(byte[] bytes, int pauseAfter) : HttpContent
{
    private readonly TaskCompletionSource _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the first bytes are out.</summary>
    public Task Paused => _paused.Task;

    public void Resume() => _resumed.TrySetResult();

    /// <summary>The connection ends in the middle of the body.</summary>
    public void Break() => _resumed.TrySetException(new IOException("The sender is gone."));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(bytes.AsMemory(0, pauseAfter));
        await stream.FlushAsync();
        _paused.TrySetResult();
        await _resumed.Task;
        await stream.WriteAsync(bytes.AsMemory(pauseAfter));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
