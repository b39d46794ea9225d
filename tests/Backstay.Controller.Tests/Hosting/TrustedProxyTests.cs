using System.Net;
using System.Net.Http.Json;
using Backstay.Controller.Hosting;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Hosting;

/// <summary>Who asks: the connection says, and behind a load balancer that is trusted, its header.</summary>
public sealed class TrustedProxyTests
{
    [Fact]
    public async Task Nobodys_word_is_taken_by_default()
    {
        await using var host = await StartAsync("");
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(host, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(host, "192.0.2.2"));
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.0/8; 127.0.0.0/8; ::1")]
    public async Task Behind_a_trusted_proxy_each_client_has_its_own_tries(string proxies)
    {
        await using var host = await StartAsync(proxies);
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(host, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(host, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(host, "192.0.2.2"));

        // What the client itself put before the proxy's own entry is not believed: the last address that isn't a proxy's counts.
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(host, "192.0.2.9, 192.0.2.1"));
    }

    [Fact]
    public async Task A_proxy_that_is_not_named_is_not_believed()
    {
        await using var host = await StartAsync("192.0.2.0/24");
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(host, "192.0.2.1"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(host, "192.0.2.2"));
    }

    [Theory]
    [InlineData("proxy.example.com")]
    [InlineData("10.0.0.0/33")]
    public void What_is_no_address_is_named(string proxies)
    {
        var result = new ListenValidation().Validate(null, new ListenOptions { TrustedProxies = proxies });
        Assert.Contains(proxies, Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    private static Task<ControllerHost> StartAsync(string proxies) => ControllerHost.StartAsync(settings: new Dictionary<string, string?>
    {
        ["Listen:TrustedProxies"] = proxies,
        ["Access:TriesPerAddress"] = "1",
        ["Access:TryComesBackAfter"] = "01:00:00",
    });

    private static async Task<HttpStatusCode> TryAsync(ControllerHost host, string forwardedFor)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/admin/login")
        {
            Content = JsonContent.Create(new LoginRequest("local", $"{Guid.NewGuid()}", "wrong", Guid.NewGuid()), AdminJson.Default.LoginRequest),
        };
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        using var response = await host.Http.SendAsync(request);
        return response.StatusCode;
    }
}
