using System.Net.Http.Headers;

namespace Backstay.Protocol.Agent;

public sealed partial class AgentClient
{
    /// <summary>Asks for a drill. Of a machine that has one already, that one was lost: it is offered again.</summary>
    public async Task<AgentReply<DrillOffer>> ClaimDrillAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var request = Request(HttpMethod.Post, "drills/claim");
        return await SendAsync(request, timeout, AgentJson.Default.DrillOffer, cancellationToken);
    }

    /// <summary>
    /// Bytes of the drill's archive from an offset on: at least one, but not always up to the end. Its headers must arrive within
    /// <see cref="CallTimeout"/>; the caller bounds the reading, and disposes of the stream.
    /// </summary>
    public async Task<AgentReply<Stream>> OpenArchiveAsync(Guid drill, int attempt, long offset, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var request = Request(HttpMethod.Get, $"drills/{drill}/{attempt}/archive");
        request.Headers.Range = new RangeHeaderValue(offset, null);
        HttpResponseMessage? response = null;
        var reply = await SendAsync(request, timeout, r => response = r, cancellationToken);
        if (response is null)
            return new(reply, null);

        // The content's stream gives the connection back when it ends; the response needs nothing beyond it.
        if (response.Content.Headers.ContentRange?.From == offset)
            return new(reply, await response.Content.ReadAsStreamAsync(cancellationToken));

        var status = response.StatusCode;
        response.Dispose();
        return new(AgentClientErrors.Unreadable(status), null);
    }

    public Task<AgentReply> RenewDrillAsync(Guid drill, int attempt, DrillLease lease, CancellationToken cancellationToken) =>
        PostAsync($"drills/{drill}/{attempt}/lease", lease, AgentJson.Default.DrillLease, CallTimeout, cancellationToken);

    /// <summary>Says how it went. Idempotent: repeated until it is answered.</summary>
    public Task<AgentReply> ReportDrillAsync(Guid drill, int attempt, DrillReport report, CancellationToken cancellationToken) =>
        PostAsync($"drills/{drill}/{attempt}/result", report, AgentJson.Default.DrillReport, CallTimeout, cancellationToken);
}
