namespace Backstay.Agent.Backup;

/// <summary>
/// A bucket of tokens, one a byte, that fills at the rate and holds half a second of it: bytes over all parts in flight go out at
/// the rate, whatever their number.
/// </summary>
/// <param name="bytesPerSecond">More than 0.</param>
internal sealed class RateLimiter(long bytesPerSecond, TimeProvider time)
{
    private static readonly TimeSpan Burst = TimeSpan.FromSeconds(0.5);

    private const int LeastPiece = 4 * 1024;
    private const int LargestPiece = 128 * 1024;

    private readonly Lock _lock = new();
    private readonly double _most = bytesPerSecond * Burst.TotalSeconds;
    private double _tokens = bytesPerSecond * Burst.TotalSeconds;
    private long _filled = time.GetTimestamp();

    /// <summary>
    /// How many bytes to wait for at once: an eighth of a second of the rate, 4 to 128 KiB, so that at a low rate none of many parts waits for
    /// long while the others have their turn.
    /// </summary>
    public int Piece => (int)Math.Clamp(bytesPerSecond / 8, LeastPiece, LargestPiece);

    /// <summary>
    /// Returns when the bytes may be sent. They are taken at once, on credit if need be, so that callers wait in turn and a piece
    /// larger than the bucket passes too.
    /// </summary>
    public Task WaitAsync(int bytes, CancellationToken cancellationToken)
    {
        double owed;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _tokens = Math.Min(_most, _tokens + time.GetElapsedTime(_filled, now).TotalSeconds * bytesPerSecond);
            _filled = now;
            _tokens -= bytes;
            owed = -_tokens;
        }

        return owed <= 0 ? Task.CompletedTask : Task.Delay(TimeSpan.FromSeconds(owed / bytesPerSecond), time, cancellationToken);
    }
}
