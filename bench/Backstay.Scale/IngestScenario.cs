using System.Diagnostics;
using Backstay.Protocol.Admin;

namespace Backstay.Scale;

/// <summary>How fast bytes come in: through the agent API, or as plain HTTP PUTs into another server, with the same client and bytes.</summary>
internal static class IngestScenario
{
    /// <summary>All agents of the fleet make one backup each. Seconds from the first request to the last success.</summary>
    public static async Task<double> BackUpAsync(AdminClient admin, Fleet fleet, CancellationToken cancellationToken)
    {
        await fleet.ConnectAsync(cancellationToken);
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(fleet.Agents.Select(agent => Fleet.AskAsync(agent, admin, new Latencies(), cancellationToken)));
        await fleet.WaitForAsync(fleet.Agents.Count, cancellationToken);
        var took = Stopwatch.GetElapsedTime(from).TotalSeconds;
        return fleet.Outcomes == $"{fleet.Agents.Count} ok" ? took : throw new InvalidOperationException($"Not every backup was taken: {fleet.Outcomes}");
    }

    /// <summary>The payload as one file a stream, each by one PUT.</summary>
    public static async Task<double> PutAsync(Uri folder, int streams, Payload payload, CancellationToken cancellationToken)
    {
        using var http = Connections.Create([], 0, TimeSpan.FromSeconds(60));
        var from = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, streams).Select(async n =>
        {
            using var content = new PayloadContent(payload);
            using var answer = await http.PutAsync(new Uri(folder, $"{Guid.NewGuid():N}-{n}"), content, cancellationToken);
            answer.EnsureSuccessStatusCode();
        }));
        return Stopwatch.GetElapsedTime(from).TotalSeconds;
    }

    private sealed class PayloadContent(Payload payload) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            for (var number = 1; number <= payload.Parts; number++)
                await stream.WriteAsync(payload.Part(number));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = payload.Size;
            return true;
        }
    }
}
