using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Notifications;

/// <summary>
/// Which addresses may be notified. An API user chooses the URL and the controller connects from inside the operator's network, so
/// everything that trusts its neighbours is refused: the machine itself, its link, metadata services. Private networks are not:
/// that is where receivers usually are (docs/decisions/0041).
/// </summary>
internal sealed class AddressPolicy(IOptions<NotificationOptions> options)
{
    /// <summary>IANA special-purpose registries (RFC 6890), and where clouds keep their metadata outside of link-local.</summary>
    private static readonly (IPNetwork Network, string Kind)[] RefusedByDefault =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "unspecified"),
        (IPNetwork.Parse("127.0.0.0/8"), "loopback"),
        (IPNetwork.Parse("169.254.169.254/32"), "cloud metadata"),
        (IPNetwork.Parse("169.254.0.0/16"), "link-local"),
        (IPNetwork.Parse("100.100.100.200/32"), "cloud metadata"),
        (IPNetwork.Parse("168.63.129.16/32"), "cloud metadata"),
        (IPNetwork.Parse("192.0.0.0/24"), "reserved"),
        (IPNetwork.Parse("224.0.0.0/4"), "multicast"),
        (IPNetwork.Parse("255.255.255.255/32"), "broadcast"),
        (IPNetwork.Parse("240.0.0.0/4"), "reserved"),
        (IPNetwork.Parse("::/128"), "unspecified"),
        (IPNetwork.Parse("::1/128"), "loopback"),
        (IPNetwork.Parse("fe80::/10"), "link-local"),
        (IPNetwork.Parse("fec0::/10"), "site-local"),
        (IPNetwork.Parse("ff00::/8"), "multicast"),
        (IPNetwork.Parse("fd00:ec2::254/128"), "cloud metadata"),
        (IPNetwork.Parse("fd20:ce::254/128"), "cloud metadata"),
        (IPNetwork.Parse("64:ff9b:1::/48"), "local NAT64"),
    ];

    private readonly IPNetwork[] _allowed = [.. options.Value.AllowedNetworks.Select(network => IPNetwork.Parse(network))];
    private readonly IPNetwork[] _refused = [.. options.Value.RefusedNetworks.Select(network => IPNetwork.Parse(network))];

    /// <summary>The kind of address that this is, when it may not be connected to; null when it may.</summary>
    public string? Refusal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            return Refusal(address.MapToIPv4());
        }

        if (_allowed.Any(network => network.Contains(address)))
        {
            return null;
        }

        if (_refused.Any(network => network.Contains(address)))
        {
            return "refused by this controller's configuration";
        }

        return RefusedByDefault.FirstOrDefault(refused => refused.Network.Contains(address)).Kind
            ?? EmbeddedIPv4(address).Select(Refusal).FirstOrDefault(kind => kind is not null);
    }

    /// <summary>The IPv4 addresses that a gateway or tunnel would take out of an IPv6 address.</summary>
    private static IEnumerable<IPAddress> EmbeddedIPv4(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            yield break;
        }

        var b = address.GetAddressBytes();
        var last = new IPAddress(b.AsSpan(12));
        switch (b)
        {
            // ::a.b.c.d (RFC 4291, 2.5.5.1) and ::ffff:0:a.b.c.d (RFC 2765)
            case [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..] or [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, ..]:
            // NAT64, 64:ff9b::/96 (RFC 6052)
            case [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..]:
                yield return last;
                break;

            // 6to4, 2002::/16 (RFC 3056)
            case [0x20, 0x02, ..]:
                yield return new IPAddress(b.AsSpan(2, 4));
                break;

            // Teredo, 2001::/32: the server, and the client with its bits turned round (RFC 4380)
            case [0x20, 0x01, 0, 0, ..]:
                yield return new IPAddress(b.AsSpan(4, 4));
                yield return new IPAddress([(byte)~b[12], (byte)~b[13], (byte)~b[14], (byte)~b[15]]);
                break;
        }

        // ISATAP, an interface id of 0000:5efe or 0200:5efe below any prefix (RFC 5214)
        if (b is [_, _, _, _, _, _, _, _, 0 or 2, 0, 0x5e, 0xfe, ..])
        {
            yield return last;
        }
    }
}
