using System.Net.Sockets;
using Backstay.Agent.Connection;
using Backstay.Protocol.Agent;
using Xunit;

namespace Backstay.Agent.Tests.Connection;

public sealed class PinnedHandlerTests
{
    private static readonly AgentHealth Health = new("test", "host", 0, 0, 0, 0);

    [Fact]
    public async Task A_self_made_certificate_is_accepted_by_its_pin_alone()
    {
        // It is expired, too, and of another name: the key is what the seed vouches for.
        await using var controller = await TestController.StartAsync();
        using var http = PinnedHandler.CreateClient(["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", controller.Pin]);

        Assert.Equal(AgentVerdict.Ok, (await controller.CreateAgentClient(http).PostHealthAsync(Health, default)).Verdict);
    }

    [Fact]
    public async Task A_controller_with_another_key_hears_nothing_of_us()
    {
        await using var controller = await TestController.StartAsync();
        using var http = PinnedHandler.CreateClient(["AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="]);

        var reply = await controller.CreateAgentClient(http).PostHealthAsync(Health, default);

        Assert.Equal(AgentVerdict.TryAgain, reply.Verdict);
        Assert.Contains(controller.Pin, reply.Message, StringComparison.Ordinal);
        Assert.Empty(controller.Calls);
    }

    [Fact]
    public async Task A_redirect_leads_nowhere()
    {
        await using var controller = await TestController.StartAsync();
        controller.Before = (context, _) =>
        {
            context.Response.Redirect("https://elsewhere.example/", permanent: false);
            return Task.FromResult(true);
        };
        using var http = controller.CreateClient();

        Assert.Equal(AgentVerdict.TryAgain, (await controller.CreateAgentClient(http).PostHealthAsync(Health, default)).Verdict);
        Assert.Single(controller.Calls);
    }

    [Fact]
    public async Task The_next_controller_is_asked_when_one_is_down()
    {
        await using var controller = await TestController.StartAsync();
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0)); // bound, but nobody listens
        var addresses = new AgentClientAddresses([$"https://{closed.LocalEndPoint}", controller.Address]);
        using var http = controller.CreateClient();
        var client = new AgentClient(http, addresses, controller.Credential, TimeProvider.System);

        Assert.Equal(AgentVerdict.TryAgain, (await client.PostHealthAsync(Health, default)).Verdict);
        Assert.Equal(AgentVerdict.Ok, (await client.PostHealthAsync(Health, default)).Verdict);
        Assert.Equal(AgentVerdict.Ok, (await client.PostHealthAsync(Health, default)).Verdict);
    }
}
