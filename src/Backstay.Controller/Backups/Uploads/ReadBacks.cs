using Backstay.Controller.Hosting;
using Backstay.Controller.Storage;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>
/// Step 10: every archive is read back from its store before anybody is told that it is there. A large one may take longer than the
/// agent, or a balancer between, waits for an answer: a reading goes on without the call that began it, and the same call again joins it,
/// or finds its result. Readings compete with the parts that come in: only a few run at the same time, and small archives don't wait for
/// large ones.
/// </summary>
internal sealed class ReadBacks(IArchiveStore store, Drain drain, TimeProvider time) : IDisposable
{
    /// <summary>Read within seconds.</summary>
    private const long Small = 256 * 1024 * 1024;

    private const int SmallAtOnce = 8;
    private const int LargeAtOnce = 4;

    /// <summary>After its end: for longer than that nobody asks again. The backup has ended, or another controller was asked.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _small = new(SmallAtOnce);
    private readonly SemaphoreSlim _large = new(LargeAtOnce);

    private readonly Dictionary<ArchiveKey, Reading> _readings = [];

    /// <summary>Readings that go on or wait for their turn.</summary>
    public int Running
    {
        get
        {
            lock (_readings)
            {
                return _readings.Count(r => r.Value.Ended is null);
            }
        }
    }

    /// <returns>The SHA-256 of the stored bytes.</returns>
    /// <exception cref="ArchiveStoreException">As <see cref="ArchiveDigest.ComputeAsync"/> says; the next call reads again.</exception>
    public async Task<byte[]> DigestAsync(ArchiveKey key, long size, CancellationToken cancellationToken)
    {
        var reading = Join(key, size);
        try
        {
            return await reading.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ArchiveStoreException(StoreFault.Unavailable, $"{key} was not read to its end: the controller stops.");
        }
        finally
        {
            if (reading.IsCompleted)
                Forget(key, reading);
        }
    }

    public void Dispose()
    {
        _small.Dispose();
        _large.Dispose();
    }

    private Task<byte[]> Join(ArchiveKey key, long size)
    {
        lock (_readings)
        {
            foreach (var (old, _) in _readings.Where(r => r.Value.Ended is { } ended && time.GetElapsedTime(ended) > Kept).ToList())
                _readings.Remove(old);
            if (_readings.TryGetValue(key, out var running))
                return running.Digest;

            var reading = new Reading();
            reading.Digest = Task.Run(() => ReadAsync(reading, key, size));
            _readings[key] = reading;
            return reading.Digest;
        }
    }

    private async Task<byte[]> ReadAsync(Reading reading, ArchiveKey key, long size)
    {
        var turns = size <= Small ? _small : _large;
        try
        {
            await turns.WaitAsync(drain.Over);
            try
            {
                return await ArchiveDigest.ComputeAsync(store, key, size, along: null, drain.Over);
            }
            finally
            {
                turns.Release();
            }
        }
        finally
        {
            lock (_readings)
            {
                reading.Ended = time.GetTimestamp();
            }
        }
    }

    private void Forget(ArchiveKey key, Task<byte[]> digest)
    {
        lock (_readings)
        {
            if (_readings.TryGetValue(key, out var reading) && reading.Digest == digest)
                _readings.Remove(key);
        }
    }

    private sealed class Reading
    {
        public Task<byte[]> Digest { get; set; } = null!;

        /// <summary>A timestamp; null: it goes on.</summary>
        public long? Ended { get; set; }
    }
}
