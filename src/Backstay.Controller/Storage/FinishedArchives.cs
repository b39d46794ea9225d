using System.Text.Json;

namespace Backstay.Controller.Storage;

/// <summary>
/// Asks the store whether it has the whole archive of an attempt: the object, and a sidecar that vouches for it. A few at a time, and
/// never for longer than is said: a store that hangs has given no answer.
/// </summary>
internal sealed partial class FinishedArchives(IArchiveStore store, TimeProvider time, ILogger<FinishedArchives> logger) : IDisposable
{
    /// <summary>A folder whose file system hangs keeps that many threads, and no more.</summary>
    private readonly SemaphoreSlim _turns = new(16);

    public async Task<Look> LookAsync(ArchiveKey key, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var inTime = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, inTime.Token);
        try
        {
            return await Task.Run(() => InTurnAsync(key, either.Token), either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.NoAnswer(logger, key, atMost);
            return new(Answered: false, Sidecar: null);
        }
        catch (ArchiveStoreException exception)
        {
            Log.NotLookedAt(logger, key, exception);
            return new(Answered: false, Sidecar: null);
        }
    }

    public void Dispose() => _turns.Dispose();

    private async Task<Look> InTurnAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            return new(Answered: true, await SidecarAsync(key, cancellationToken));
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task<ArchiveSidecar?> SidecarAsync(ArchiveKey key, CancellationToken cancellationToken)
    {
        if (await store.GetLengthAsync(key, cancellationToken) is not { } length
            || await store.ReadSidecarAsync(key, cancellationToken) is not { } json)
        {
            return null;
        }

        try
        {
            var sidecar = ArchiveSidecar.FromJson(json);
            return sidecar.Key == key && sidecar.Size == length ? sidecar : null;
        }
        catch (JsonException exception)
        {
            Log.Unreadable(logger, key, exception);
            return null;
        }
    }

    /// <summary>What the store said.</summary>
    /// <param name="Answered">False: it is unknown what there is.</param>
    /// <param name="Sidecar">Of a whole archive; null: there is none.</param>
    internal readonly record struct Look(bool Answered, ArchiveSidecar? Sidecar);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The store didn't say within {Time} whether it has the archive of attempt {Key}.")]
        public static partial void NoAnswer(ILogger logger, ArchiveKey key, TimeSpan time);

        [LoggerMessage(LogLevel.Warning, "The store could not say whether it has the archive of attempt {Key}.")]
        public static partial void NotLookedAt(ILogger logger, ArchiveKey key, Exception exception);

        [LoggerMessage(LogLevel.Warning, "The sidecar of attempt {Key} can't be read: its archive isn't vouched for.")]
        public static partial void Unreadable(ILogger logger, ArchiveKey key, Exception exception);
    }
}
