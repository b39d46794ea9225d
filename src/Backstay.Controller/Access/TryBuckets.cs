namespace Backstay.Controller.Access;

/// <summary>
/// Token buckets by key, in bounded memory: when there are too many keys, full buckets are forgotten, and then the one that is
/// nearest to it.
/// </summary>
/// <param name="capacity">Tries in a row.</param>
/// <param name="refill">How long until one comes back.</param>
/// <param name="maxKeys">How many keys are remembered.</param>
internal sealed class TryBuckets(int capacity, TimeSpan refill, int maxKeys, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();

    /// <summary>When each bucket will be full again; that says how full it is at any time, without rounding (GCRA, ITU-T I.371).</summary>
    private readonly Dictionary<string, TimeSpan> _fullAt = [];

    /// <summary>How many keys are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _fullAt.Count;
            }
        }
    }

    /// <summary>Takes a try, or says how long until there is one. Asking while there is none makes nobody wait longer.</summary>
    public TimeSpan? TryTake(string key)
    {
        lock (_lock)
        {
            var now = time.GetElapsedTime(_start);
            var fullAt = (_fullAt.TryGetValue(key, out var known) && known > now ? known : now) + refill;
            var wait = fullAt - now - (capacity * refill);
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            MakeRoom(key, now);
            _fullAt[key] = fullAt;
            return null;
        }
    }

    /// <summary>Gives a try back.</summary>
    public void Return(string key)
    {
        lock (_lock)
        {
            if (_fullAt.TryGetValue(key, out var fullAt))
            {
                _fullAt[key] = fullAt - refill;
            }
        }
    }

    private void MakeRoom(string key, TimeSpan now)
    {
        if (_fullAt.Count < maxKeys || _fullAt.ContainsKey(key))
        {
            return;
        }

        foreach (var full in _fullAt.Where(bucket => bucket.Value <= now).Select(bucket => bucket.Key).ToList())
        {
            _fullAt.Remove(full);
        }

        if (_fullAt.Count >= maxKeys)
        {
            _fullAt.Remove(_fullAt.MinBy(bucket => bucket.Value).Key);
        }
    }
}
