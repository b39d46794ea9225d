using System.Collections.Concurrent;
using Backstay.Protocol.Admin;

namespace Backstay.Scale;

/// <summary>The simulated agents of one measurement, connected, and what they have seen.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private const int ConnectingAtOnce = 64;

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _connecting = new(ConnectingAtOnce);
    private readonly List<SimulatedAgent> _agents = [];
    private readonly List<Task> _running = [];
    private readonly ConcurrentDictionary<string, int> _outcomes = new();
    private int _connected;
    private int _lost;
    private int _ended;

    public Fleet(FleetFile file, int count, Uri controller, Payload payload, TimeSpan idle)
    {
        for (var i = 0; i < count; i++)
        {
            _agents.Add(new SimulatedAgent(file.Members[i], Connections.Create(file.Pins, i, idle), controller, _connecting, payload)
            {
                Hinted = agent => Hints.AddSince(agent.AskedAt),
                SessionOpened = agent => Sessions.AddSince(agent.AskedAt),
                Connected = Count,
                Ended = outcome =>
                {
                    _outcomes.AddOrUpdate(outcome, 1, (_, n) => n + 1);
                    Interlocked.Increment(ref _ended);
                },
            });
        }
    }

    public IReadOnlyList<SimulatedAgent> Agents => _agents;

    /// <summary>From the request of a backup until its agent has read the hint.</summary>
    public Latencies Hints { get; private set; } = new();

    /// <summary>From the request of a backup until its upload session is open.</summary>
    public Latencies Sessions { get; private set; } = new();

    public int ConnectedNow => Volatile.Read(ref _connected);

    /// <summary>Streams that ended before the fleet was stopped.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Backups that an agent has finished with, well or badly.</summary>
    public int Ended => Volatile.Read(ref _ended);

    /// <summary>How the backups went, as their agents saw it.</summary>
    public string Outcomes => string.Join("; ", _outcomes.OrderByDescending(o => o.Value).Select(o => $"{o.Value} {o.Key}"));

    /// <summary>Connects them all.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        _running.AddRange(_agents.Select(agent => Task.Run(() => agent.RunAsync(_stop.Token), cancellationToken)));
        while (ConnectedNow < _agents.Count)
        {
            if (_running.Find(task => task.IsFaulted) is { } faulted)
                await faulted;
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>Asks for a backup of one appliance; where its stream was just lost, again until it is back.</summary>
    public static async Task<Guid> AskAsync(SimulatedAgent agent, AdminClient admin, Latencies answers, CancellationToken cancellationToken)
    {
        while (true)
        {
            agent.AskedAt = System.Diagnostics.Stopwatch.GetTimestamp();
            try
            {
                var accepted = await admin.StartBackupAsync(agent.ApplianceId, new BackupRequest(), cancellationToken);
                answers.AddSince(agent.AskedAt);
                return accepted.Id;
            }
            catch (AdminApiException refused) when (refused.Status == System.Net.HttpStatusCode.PreconditionFailed)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Waits until that many backups have ended since the last <see cref="Forget"/>.</summary>
    public async Task WaitForAsync(int ended, CancellationToken cancellationToken)
    {
        while (Ended < ended)
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
    }

    /// <summary>A new measurement with the same connections.</summary>
    public void Forget()
    {
        Hints = new();
        Sessions = new();
        _outcomes.Clear();
        Volatile.Write(ref _ended, 0);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_running).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        _agents.ForEach(agent => agent.Dispose());
        _connecting.Dispose();
        _stop.Dispose();
    }

    private void Count(bool connected)
    {
        Interlocked.Add(ref _connected, connected ? 1 : -1);
        if (!connected && !_stop.IsCancellationRequested)
            Interlocked.Increment(ref _lost);
    }
}
