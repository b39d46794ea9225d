using Backstay.Controller.Storage;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Backups.Uploads;

/// <summary>
/// The parts that are being taken in on this controller: bounded in number, so that memory is, and for each attempt, so that a few
/// appliances don't take all places; with one writer for each part. When
/// a part comes again while an older request with it is still open, the older connection is dead or about to be, and gives way: bytes
/// that arrive late can't get over those that were acknowledged.
/// </summary>
internal sealed class PartsInFlight(IOptions<BackupOptions> options)
{
    private readonly Dictionary<(ArchiveKey Key, int Number), Claim> _claims = [];
    private readonly Lock _lock = new();
    private int _requests;

    /// <summary>Parts that are being taken in now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _claims.Count;
            }
        }
    }

    /// <summary>
    /// Waits for an older request with the same part to give way. Null when there are too many requests, or too many parts of this attempt:
    /// one more than its agent was told that it may send, as an answer may be on its way while the next part comes.
    /// </summary>
    public async Task<Claim?> TakeAsync(ArchiveKey key, int number, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _requests) > options.Value.MaxPartsInFlight)
        {
            Interlocked.Decrement(ref _requests);
            return null;
        }

        try
        {
            while (true)
            {
                Claim? older;
                lock (_lock)
                {
                    if (!_claims.TryGetValue((key, number), out older))
                    {
                        if (_claims.Keys.Count(claim => claim.Key == key) <= options.Value.ParallelParts)
                            return _claims[(key, number)] = new Claim(this, key, number);

                        Interlocked.Decrement(ref _requests);
                        return null;
                    }
                }

                await older.GiveWayAsync().WaitAsync(cancellationToken);
            }
        }
        catch
        {
            Interlocked.Decrement(ref _requests);
            throw;
        }
    }

    private void Release(Claim claim)
    {
        lock (_lock)
        {
            _claims.Remove((claim.Key, claim.Number));
        }

        Interlocked.Decrement(ref _requests);
    }

    /// <summary>The right to write one part, until disposed.</summary>
    internal sealed class Claim(PartsInFlight owner, ArchiveKey key, int number) : IDisposable
    {
        private readonly CancellationTokenSource _giveWay = new();
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ArchiveKey Key => key;

        public int Number => number;

        /// <summary>Cancelled when the same part comes again.</summary>
        public CancellationToken GiveWay => _giveWay.Token;

        /// <summary>Asks for the part, and waits until it is free.</summary>
        public async Task GiveWayAsync()
        {
            await _giveWay.CancelAsync();
            await _released.Task;
        }

        public void Dispose()
        {
            // The source isn't disposed of: who asks for the part at this moment may still cancel it. It holds nothing but memory.
            owner.Release(this);
            _released.TrySetResult();
        }
    }
}
