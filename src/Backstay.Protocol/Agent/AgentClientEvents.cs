using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Backstay.Protocol.Agent;

/// <summary>An open event stream (<see cref="AgentEvents"/>). Being connected is being online.</summary>
public sealed class AgentClientEvents : IDisposable
{
    /// <summary>After that long without an event the connection is taken for dead: three missed pings.</summary>
    public static readonly TimeSpan Silence = 3 * AgentEvents.PingInterval;

    private readonly HttpResponseMessage _response;
    private readonly TimeProvider _time;

    internal AgentClientEvents(HttpResponseMessage response, TimeProvider time)
    {
        _response = response;
        _time = time;
    }

    /// <summary>
    /// The events until the stream ends, in any way but cancellation: closed by the controller, cut, or silent for
    /// <see cref="Silence"/>. The caller connects anew.
    /// </summary>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watchdog = new CancellationTokenSource(Silence, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, watchdog.Token);
        await using var body = await _response.Content.ReadAsStreamAsync(cancellationToken);
        await using var events = SseParser.Create(body).EnumerateAsync(linked.Token).GetAsyncEnumerator(linked.Token);
        while (await NextAsync(events, cancellationToken))
        {
            watchdog.CancelAfter(Silence);
            yield return events.Current;
        }
    }

    public void Dispose() => _response.Dispose();

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> events, CancellationToken cancellationToken)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (AgentClientErrors.IsNoAnswer(e))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
    }
}
