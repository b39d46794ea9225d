using System.Buffers;
using System.Buffers.Binary;
using System.Net;

namespace Backstay.Controller.Hosting;

/// <summary>
/// The header of the PROXY protocol, version 2 (haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.2):
/// <code>
///  0  signature, 12 bytes
/// 12  version (2) and command: 0 LOCAL, 1 PROXY
/// 13  family and transport: 0x00 unspecified, 0x11 TCP over IPv4, 0x21 TCP over IPv6
/// 14  length of what follows, 2 bytes, big endian: addresses, ports, and extensions that are passed over
/// </code>
/// </summary>
internal static class ProxyHeader
{
    /// <summary>Addresses take 36 bytes; the rest is for extensions, of which the largest in use carry a name or two.</summary>
    public const int LongestPayload = 4096;

    private const int FixedLength = 16;
    private const byte Local = 0x20;
    private const byte Proxy = 0x21;
    private const byte Unspecified = 0x00;
    private const byte TcpOverIPv4 = 0x11;
    private const byte TcpOverIPv6 = 0x21;

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Looks at what has come so far.</summary>
    /// <param name="end">Behind the header, when it is whole.</param>
    /// <param name="client">Who connected to the balancer; null when it is the balancer itself (LOCAL), or doesn't say.</param>
    public static ProxyHeaderState Read(ReadOnlySequence<byte> received, out SequencePosition end, out IPEndPoint? client)
    {
        (end, client) = (received.Start, null);
        Span<byte> head = stackalloc byte[FixedLength];
        head = head[..(int)Math.Min(FixedLength, received.Length)];
        received.Slice(0, head.Length).CopyTo(head);

        // The first byte that is wrong ends it: nobody has to wait for the rest of what is something else.
        var signed = Math.Min(head.Length, Signature.Length);
        if (!head[..signed].SequenceEqual(Signature[..signed]) || (head.Length > 12 && head[12] is not (Local or Proxy)))
            return ProxyHeaderState.Refused;
        if (head.Length < FixedLength)
            return ProxyHeaderState.Incomplete;

        var length = BinaryPrimitives.ReadUInt16BigEndian(head[14..]);
        if (length > LongestPayload)
            return ProxyHeaderState.Refused;
        if (received.Length < FixedLength + length)
            return ProxyHeaderState.Incomplete;

        end = received.GetPosition(FixedLength + length);
        if (head[12] == Local || head[13] == Unspecified)
            return ProxyHeaderState.Whole;

        var size = head[13] switch { TcpOverIPv4 => 4, TcpOverIPv6 => 16, _ => 0 };
        if (size == 0 || length < (2 * size) + 4)
            return ProxyHeaderState.Refused;

        // Source address, destination address, source port, destination port.
        Span<byte> addresses = stackalloc byte[36];
        addresses = addresses[..((2 * size) + 4)];
        received.Slice(FixedLength, addresses.Length).CopyTo(addresses);
        client = new IPEndPoint(Plain(new IPAddress(addresses[..size])), BinaryPrimitives.ReadUInt16BigEndian(addresses[(2 * size)..]));
        return ProxyHeaderState.Whole;
    }

    /// <summary>An IPv4 address in its own form, also where it comes in that of IPv6: as it is written in lists and logs.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}

internal enum ProxyHeaderState
{
    /// <summary>So far it may become one.</summary>
    Incomplete,

    Whole,

    /// <summary>It is none, or one that isn't taken.</summary>
    Refused,
}
