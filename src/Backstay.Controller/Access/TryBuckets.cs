namespace Backstay.Controller.Access;

/// <summary>
/// Token buckets by key, in bounded memory: a full bucket is forgotten, and when there are too many keys the one that was touched
/// longest ago goes.
/// </summary>
/// <param name="capacity">Tries in a row.</param>
/// <param name="refill">How long until one comes back.</param>
/// <param name="maxKeys">How many keys are remembered.</param>
internal sealed class TryBuckets(int capacity, TimeSpan refill, int maxKeys, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Bucket> _buckets = [];

    /// <summary>How many keys are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _buckets.Count;
            }
        }
    }

    /// <summary>Takes a try, or says how long until there is one.</summary>
    public TimeSpan? TryTake(string key)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var tries = Tries(key, now);
            if (tries < 1)
            {
                // What is asked while it is empty changes nothing: an impatient client waits no longer for it.
                return (1 - tries) * refill;
            }

            MakeRoom(key, now);
            _buckets[key] = new Bucket(tries - 1, now);
            return null;
        }
    }

    /// <summary>Gives a try back.</summary>
    public void Return(string key)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_buckets.ContainsKey(key))
            {
                _buckets[key] = new Bucket(Math.Min(capacity, Tries(key, now) + 1), now);
            }
        }
    }

    private double Tries(string key, long now) => _buckets.TryGetValue(key, out var bucket)
        ? Math.Min(capacity, bucket.Tries + (time.GetElapsedTime(bucket.Touched, now) / refill))
        : capacity;

    private void MakeRoom(string key, long now)
    {
        if (_buckets.Count < maxKeys || _buckets.ContainsKey(key))
        {
            return;
        }

        foreach (var full in _buckets.Keys.Where(known => Tries(known, now) >= capacity).ToList())
        {
            _buckets.Remove(full);
        }

        if (_buckets.Count >= maxKeys)
        {
            _buckets.Remove(_buckets.MinBy(bucket => bucket.Value.Touched).Key);
        }
    }

    private readonly record struct Bucket(double Tries, long Touched);
}
