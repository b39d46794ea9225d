using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Backstay.Agent.Backup;

/// <summary>
/// One backup at a time. Hints come again and again; one for a backup that waits or runs changes nothing, one to cancel stops it
/// at once.
/// </summary>
/// <param name="run">Makes one backup: its id, a token that the controller's cancel trips, a token that the agent's end trips.</param>
internal sealed partial class BackupQueue(
    Func<Guid, CancellationToken, CancellationToken, Task> run, ILogger logger)
{
    private readonly Channel<Guid> _waiting = Channel.CreateUnbounded<Guid>();
    private readonly Dictionary<Guid, CancellationTokenSource> _known = [];
    private readonly Lock _lock = new();

    /// <summary>The backup that runs or is about to, for people; null if there is none.</summary>
    public Guid? Running { get; private set; }

    public void Add(Guid backup)
    {
        lock (_lock)
        {
            if (!_known.TryAdd(backup, new CancellationTokenSource()))
                return;
        }

        Log.Asked(logger, backup);
        _waiting.Writer.TryWrite(backup);
    }

    public void Cancel(Guid backup)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(backup, out var cancellation))
                _ = cancellation.CancelAsync(); // what it trips runs elsewhere, not under our lock
        }
    }

    /// <summary>Runs until it is cancelled, and then until the backup that runs has told that it ends.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        await foreach (var backup in _waiting.Reader.ReadAllAsync(stopping))
        {
            CancellationTokenSource cancellation;
            lock (_lock)
            {
                cancellation = _known[backup];
            }

            try
            {
                Running = backup;
                if (!cancellation.IsCancellationRequested)
                    await run(backup, cancellation.Token, stopping);
            }
            finally
            {
                lock (_lock)
                {
                    // From here on a hint means that the controller still waits for it: then it is made again.
                    _known.Remove(backup);
                }

                Running = null;
                GiveMemoryBack();
            }
        }
    }

    /// <summary>
    /// Until the next backup the agent idles, for a day perhaps, on a machine that has better use for the memory; and the garbage of one
    /// backup would otherwise lie beside the buffers of the next.
    /// </summary>
    private static void GiveMemoryBack() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Backup {Backup}: asked for.")]
        public static partial void Asked(ILogger logger, Guid backup);
    }
}
