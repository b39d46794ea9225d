using Backstay.Controller.Storage;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>
/// Step 10: every archive is read back from its store before anybody is told that it is there. A large one may take longer than the
/// agent, or a balancer between, waits for an answer: a reading goes on without the call that began it, and the same call again joins it,
/// or finds its result.
/// </summary>
internal sealed class ReadBacks(IArchiveStore store, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>For longer than that nobody asks again: the backup has ended, or another controller was asked.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly Dictionary<ArchiveKey, Reading> _readings = [];

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

    private Task<byte[]> Join(ArchiveKey key, long size)
    {
        lock (_readings)
        {
            foreach (var (old, _) in _readings.Where(r => r.Value.Digest.IsCompleted && time.GetElapsedTime(r.Value.Begun) > Kept).ToList())
                _readings.Remove(old);
            if (_readings.TryGetValue(key, out var running))
                return running.Digest;

            var digest = Task.Run(() => ArchiveDigest.ComputeAsync(store, key, size, along: null, lifetime.ApplicationStopping));
            _readings[key] = new Reading(digest, time.GetTimestamp());
            return digest;
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

    private readonly record struct Reading(Task<byte[]> Digest, long Begun);
}
