using Backstay.Controller.Catalog;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Storage;

/// <summary>
/// How full the store is, by the catalog: the same on every controller, whatever the store is. Measured every <see cref="Interval"/>;
/// what this controller takes in between is added at once. So the quota may be exceeded by what other controllers take in within one
/// interval, and by nothing else. Nothing is refused on an old measurement.
/// </summary>
internal sealed partial class StoreRoom(
    IDbContextFactory<CatalogContext> catalogs,
    IArchiveStore store,
    IOptions<QuotaOptions> options,
    StorageMetrics metrics,
    TimeProvider time,
    ILogger<StoreRoom> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _measuring = new(1);
    private readonly Lock _lock = new();
    private StoreLevel _level = new(0, null, StoreState.Ample);
    private long _keptAtMeasurement;
    private long _kept;
    private long _onTheWay;

    /// <summary>As last measured.</summary>
    public StoreLevel Level
    {
        get
        {
            lock (_lock)
            {
                return _level;
            }
        }
    }

    /// <summary>What to say when no new backup is begun; null: there is room.</summary>
    public async Task<string?> RefusalAsync(CancellationToken cancellationToken)
    {
        if (Level.State == StoreState.Short)
            await MeasureAsync(cancellationToken);
        return Level is { State: StoreState.Short } level
            ? $"Archives take {level.Used} of {level.Capacity} bytes, and from {options.Value.RefuseAtPercent} % on no new backup is begun "
                + "(Storage:Quota:RefuseAtPercent)."
            : null;
    }

    /// <summary>Room for a part that is about to come; null when there is none. Given back when disposed, unless the part was kept.</summary>
    public async Task<Taken?> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        if (!TryTake(bytes))
        {
            await MeasureAsync(cancellationToken);
            if (!TryTake(bytes))
                return null;
        }

        return new Taken(this, bytes);
    }

    /// <summary>Measures now. One that is asked for while another one runs comes after it.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await _measuring.WaitAsync(cancellationToken);
        try
        {
            // What is kept from here on may be in the sums or not; it is added in any case.
            var kept = Interlocked.Read(ref _kept);
            await using var catalog = await catalogs.CreateDbContextAsync(cancellationToken);
            var used = await catalog.Backups.Where(b => b.State == BackupState.Succeeded).SumAsync(b => b.Size ?? 0, cancellationToken)
                + await catalog.Parts.SumAsync(p => p.Length, cancellationToken);
            var capacity = options.Value.Bytes ?? await CapacityAsync(used, cancellationToken);
            var level = new StoreLevel(used, capacity, StateOf(used, capacity));
            StoreState before;
            lock (_lock)
            {
                (before, _level, _keptAtMeasurement) = (_level.State, level, kept);
            }

            metrics.Measured(level);
            if (level.State != before)
                Tell(level);
        }
        finally
        {
            _measuring.Release();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                try
                {
                    await MeasureAsync(stoppingToken);
                }
                catch (Exception exception) when (CatalogErrors.IsOutage(exception))
                {
                    // CatalogReach has told.
                }
                catch (Exception exception) when (exception is not OperationCanceledException)
                {
                    Log.NotMeasured(logger, exception);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    public override void Dispose()
    {
        _measuring.Dispose();
        base.Dispose();
    }

    private StoreState StateOf(long used, long? capacity) => capacity switch
    {
        null => StoreState.Ample,
        _ when used >= capacity / 100.0 * options.Value.RefuseAtPercent => StoreState.Short,
        _ when used >= capacity / 100.0 * options.Value.WarnAtPercent => StoreState.Low,
        _ => StoreState.Ample,
    };

    /// <summary>Null where the store doesn't know, or doesn't answer: then it says itself when it is full.</summary>
    private async Task<long?> CapacityAsync(long used, CancellationToken cancellationToken)
    {
        try
        {
            // Some say that there is no end to it.
            return await store.GetFreeSpaceAsync(cancellationToken) is { } free ? used + Math.Min(free, long.MaxValue - used) : null;
        }
        catch (ArchiveStoreException exception)
        {
            Log.NotMeasured(logger, exception);
            return null;
        }
    }

    private bool TryTake(long bytes)
    {
        lock (_lock)
        {
            var used = _level.Used + (_kept - _keptAtMeasurement) + _onTheWay;
            if (used + bytes > options.Value.Bytes)
                return false;

            _onTheWay += bytes;
            return true;
        }
    }

    private void Tell(StoreLevel level)
    {
        switch (level.State)
        {
            case StoreState.Short:
                Log.Short(logger, level.Used, level.Capacity, options.Value.RefuseAtPercent);
                break;
            case StoreState.Low:
                Log.Low(logger, level.Used, level.Capacity, options.Value.WarnAtPercent);
                break;
            default:
                Log.Ample(logger, level.Used, level.Capacity);
                break;
        }
    }

    /// <summary>Room that a part on its way takes.</summary>
    internal sealed class Taken(StoreRoom owner, long bytes) : IDisposable
    {
        private bool _isKept;

        /// <summary>The part is in the catalog.</summary>
        public void Keep() => _isKept = true;

        public void Dispose()
        {
            lock (owner._lock)
            {
                owner._onTheWay -= bytes;
                if (_isKept)
                    owner._kept += bytes;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning,
            "The store fills up: archives take {Used} of {Capacity} bytes, more than {Percent} %. Delete backups or give it more room.")]
        public static partial void Low(ILogger logger, long used, long? capacity, int percent);

        [LoggerMessage(LogLevel.Error,
            "The store is all but full: archives take {Used} of {Capacity} bytes, more than {Percent} %. No new backup is begun until there is room.")]
        public static partial void Short(ILogger logger, long used, long? capacity, int percent);

        [LoggerMessage(LogLevel.Information, "The store has room: archives take {Used} of {Capacity} bytes.")]
        public static partial void Ample(ILogger logger, long used, long? capacity);

        [LoggerMessage(LogLevel.Error, "How full the store is could not be measured; the last figures are used on.")]
        public static partial void NotMeasured(ILogger logger, Exception exception);
    }
}

/// <summary>How full the store is.</summary>
/// <param name="Used">Bytes of archives and of parts on their way.</param>
/// <param name="Capacity">Bytes that there may be; null when nobody knows.</param>
internal sealed record StoreLevel(long Used, long? Capacity, StoreState State);

/// <summary>What to make of it.</summary>
internal enum StoreState
{
    Ample,

    /// <summary>Beyond <see cref="QuotaOptions.WarnAtPercent"/>.</summary>
    Low,

    /// <summary>Beyond <see cref="QuotaOptions.RefuseAtPercent"/>.</summary>
    Short,
}
