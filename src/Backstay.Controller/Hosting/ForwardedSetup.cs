using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace Backstay.Controller.Hosting;

/// <summary>Whose word on the client's address, scheme and host is taken: the trusted proxies', and nobody else's.</summary>
internal sealed class ForwardedSetup(IOptions<ListenOptions> listen) : IPostConfigureOptions<ForwardedHeadersOptions>
{
    public void PostConfigure(string? name, ForwardedHeadersOptions options)
    {
        // Loopback is trusted by the framework, and everyone when the lists are empty.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        options.ForwardedHeaders = ForwardedHeaders.None;
        foreach (var network in listen.Value.TrustedProxyList.Select(NetworkOf).OfType<IPNetwork>())
        {
            options.KnownIPNetworks.Add(network);
            options.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        }

        // As many hops as are trusted.
        options.ForwardLimit = null;
    }

    /// <summary>Null: it is neither an address nor a network.</summary>
    public static IPNetwork? NetworkOf(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, 8 * address.GetAddressBytes().Length)
        : IPNetwork.TryParse(text, out var network) ? network
        : null;
}
