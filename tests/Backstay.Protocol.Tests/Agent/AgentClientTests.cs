using System.Net.Sockets;
using Backstay.Protocol.Agent;
using Xunit;

namespace Backstay.Protocol.Tests.Agent;

public sealed class AgentClientTests
{
    /// <summary>What broke: a connection reset while it was made came out as a bare SocketException, and ended a backup for good.</summary>
    [Fact]
    public async Task A_connection_that_is_reset_while_it_is_made_is_tried_again()
    {
        using var http = new HttpClient(new ResetHandler());
        var client = new AgentClient(http, new AgentClientAddresses(["https://127.0.0.1:8443"]), "credential", TimeProvider.System);

        var reply = await client.RenewLeaseAsync(
            Guid.NewGuid(), 1, new LeaseRenewal(BackupPhase.Collecting, 0, null, 0, null, ""), TestContext.Current.CancellationToken);

        Assert.Equal(AgentVerdict.TryAgain, reply.Verdict);
    }

    private sealed class ResetHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new SocketException((int)SocketError.NotConnected);
    }
}
