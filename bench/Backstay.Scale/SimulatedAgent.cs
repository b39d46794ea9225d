using System.Diagnostics;
using Backstay.Protocol.Agent;

namespace Backstay.Scale;

/// <summary>
/// An agent without a machine: it holds its event stream, reports its health once a minute, and when it is asked for a backup it
/// opens a session, sends a <see cref="Payload"/> in parts and completes. What it says on the wire is what a real one says.
/// </summary>
internal sealed class SimulatedAgent(FleetMember member, HttpClient http, Uri controller, SemaphoreSlim connecting, Payload payload) : IDisposable
{
    private static readonly TimeSpan HealthInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Stall = TimeSpan.FromMinutes(2);

    private readonly AgentClient _client =
        new(http, new AgentClientAddresses([controller.ToString()]), member.Credential, TimeProvider.System);

    private readonly Guid _instance = Guid.NewGuid();
    private Guid _last;

    public Guid ApplianceId => member.ApplianceId;

    /// <summary>Told of every backup that it is asked for, once, as soon as the hint is read.</summary>
    public required Action<SimulatedAgent> Hinted { get; init; }

    /// <summary>Told when the event stream opens (true) and when it ends (false).</summary>
    public required Action<bool> Connected { get; init; }

    /// <summary>Told when the last call of a backup is answered: whether it was taken.</summary>
    public required Action<string> Ended { get; init; }

    /// <summary>Told when the session of a backup is open.</summary>
    public required Action<SimulatedAgent> SessionOpened { get; init; }

    /// <summary>A <see cref="Stopwatch.GetTimestamp"/>: when it was last asked for a backup.</summary>
    public long AskedAt { get; set; }

    /// <summary>Runs until it is cancelled; a stream that ends is opened again.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await connecting.WaitAsync(cancellationToken);
            AgentClientEvents? events;
            try
            {
                (_, events) = await _client.OpenEventsAsync(_instance, cancellationToken);
                if (events is not null)
                    await _client.PostHealthAsync(Health, cancellationToken);
            }
            finally
            {
                connecting.Release();
            }

            if (events is not null)
            {
                Connected(true);
                using (events)
                    await ListenAsync(events, cancellationToken);
                Connected(false);
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }
    }

    public void Dispose() => http.Dispose();

    private AgentHealth Health { get; } = new("scale", "simulated", 1, 10, 32L << 30, 16L << 30);

    private async Task ListenAsync(AgentClientEvents events, CancellationToken cancellationToken)
    {
        using var stream = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reporting = ReportHealthAsync(stream.Token);
        await foreach (var item in events.ReadAsync(cancellationToken))
        {
            if (item.EventType == AgentEvents.Backup && Guid.TryParse(item.Data, out var backup) && backup != _last)
            {
                _last = backup; // hints come again
                Hinted(this);
                _ = MakeAsync(backup, cancellationToken);
            }
        }

        await stream.CancelAsync();
        await reporting;
    }

    private async Task ReportHealthAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(HealthInterval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await _client.PostHealthAsync(Health, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The stream has ended, and the reports with it.
        }
    }

    private async Task MakeAsync(Guid backup, CancellationToken cancellationToken)
    {
        try
        {
            Ended(await SendAsync(backup, cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The measurement is over.
        }
    }

    /// <returns>"ok", or what was refused and why.</returns>
    private async Task<string> SendAsync(Guid backup, CancellationToken cancellationToken)
    {
        var session = await RepeatAsync(() => _client.OpenSessionAsync(backup, new OpenSession(_instance, "scale"), cancellationToken), r => r.Reply, cancellationToken);
        if (session.Value is not { } open)
            return $"session: {session.Message}";

        SessionOpened(this);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = open.ParallelParts, CancellationToken = cancellationToken };
        AgentReply? refused = null;
        await Parallel.ForAsync(1, payload.Parts + 1, parallel, async (number, stop) =>
        {
            var reply = await RepeatAsync(() => PutAsync(backup, open.Attempt, number, stop), r => r, stop);
            if (!reply.IsOk)
                refused = reply;
        });
        if (refused is { } no)
            return $"part: {no.Message}";

        var summary = new UploadSummary([new SectionSummary("config", 1, payload.Size, 0)], 1, payload.Size, 0, []);
        var complete = new CompleteUpload(payload.Parts, payload.Size, payload.Sha256, summary);
        var completed = await RepeatAsync(() => _client.CompleteAsync(backup, open.Attempt, complete, cancellationToken), r => r, cancellationToken);
        return completed.IsOk ? "ok" : $"complete: {completed.Message}";
    }

    private async Task<AgentReply> PutAsync(Guid backup, int attempt, int number, CancellationToken cancellationToken)
    {
        using var stall = new CancellationTokenSource(Stall, TimeProvider.System);
        using var content = new ReadOnlyMemoryContent(payload.Part(number));
        return await _client.PutPartAsync(backup, attempt, number, content, payload.DigestOf(number), stall, cancellationToken);
    }

    /// <summary>As long as the answer is "later".</summary>
    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call, Func<T, AgentReply> replyOf, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await call();
            if (replyOf(answer).Verdict != AgentVerdict.TryAgain)
                return answer;
            await Task.Delay(replyOf(answer).RetryAfter ?? Pause, TimeProvider.System, cancellationToken);
        }
    }
}
