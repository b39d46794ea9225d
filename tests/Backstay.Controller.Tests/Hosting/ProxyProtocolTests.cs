using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Backstay.Controller.Hosting;
using Backstay.Protocol.Admin;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;

namespace Backstay.Controller.Tests.Hosting;

/// <summary>Behind a balancer that passes TLS through: who asks is told in front of TLS, by the balancer and by nobody else.</summary>
public sealed class ProxyProtocolTests
{
    private const byte Local = 0x20;
    private const byte Proxy = 0x21;
    private const byte IPv4 = 0x11;
    private const byte IPv6 = 0x21;

    private static readonly byte[] TypicalHeader = Header(Proxy, IPv4, Addresses("192.0.2.7", "198.51.100.1"));

    /// <summary>What is read as "somebody".</summary>
    public static TheoryData<string, byte[], string> Whole => new()
    {
        { "IPv4", TypicalHeader, "192.0.2.7" },
        { "IPv6", Header(Proxy, IPv6, Addresses("2001:db8::7", "2001:db8::1")), "2001:db8::7" },
        { "IPv4 in IPv6", Header(Proxy, IPv6, Addresses("::ffff:192.0.2.9", "::ffff:198.51.100.1")), "192.0.2.9" },
        { "with extensions", Header(Proxy, IPv4, [.. Addresses("192.0.2.8", "198.51.100.1"), 0x04, 0x00, 0x02, 1, 2]), "192.0.2.8" },
        { "a check of the balancer", Header(Local, 0, []), "127.0.0.1" },
        { "a check of the balancer with addresses", Header(Local, IPv4, Addresses("192.0.2.7", "198.51.100.1")), "127.0.0.1" },
        { "from it doesn't say where", Header(Proxy, 0, [1, 2, 3]), "127.0.0.1" },
    };

    private static readonly (string What, byte[] Bytes)[] Refused =
    [
        ("the beginning of TLS", [0x16, 0x03, 0x01, 0x02, 0x00]),
        ("version 1", "PROXY TCP4 192.0.2.7 198.51.100.1 1000 8443\r\n"u8.ToArray()),
        ("a signature that ends wrongly", [.. TypicalHeader[..11], (byte)'X']),
        ("version 3", Header(0x31, IPv4, Addresses("192.0.2.7", "198.51.100.1"))),
        ("a command that there is not", Header(0x22, IPv4, Addresses("192.0.2.7", "198.51.100.1"))),
        ("UDP", Header(Proxy, 0x12, Addresses("192.0.2.7", "198.51.100.1"))),
        ("a Unix socket", Header(Proxy, 0x31, new byte[216])),
        ("addresses that are cut off", Header(Proxy, IPv6, Addresses("192.0.2.7", "198.51.100.1"))),
        ("more than it can mean", Header(Proxy, IPv4, new byte[ProxyHeader.LongestPayload + 1])[..16]),
    ];

    [Theory]
    [MemberData(nameof(Whole))]
    public async Task The_audit_log_has_the_address_that_the_balancer_tells(string what, byte[] header, string address)
    {
        await using var host = await StartAsync("127.0.0.0/8");
        using var client = ClientOf(host, header);
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(client));
        var logged = await host.CatalogAsync(catalog => catalog.AuditLog.Where(e => e.Action == "login.refused").Select(e => e.RemoteAddress).SingleAsync());
        Assert.True(address == logged, $"{what}: {logged}");
    }

    [Fact]
    public async Task Each_client_has_its_own_tries_to_sign_in()
    {
        await using var host = await StartAsync("127.0.0.1");
        using var attacker = ClientOf(host, TypicalHeader);
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(attacker));
        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(attacker));
        using var another = ClientOf(host, Header(Proxy, IPv4, Addresses("192.0.2.8", "198.51.100.1")));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(another));
    }

    [Fact]
    public async Task A_header_may_come_in_pieces_and_together_with_what_follows()
    {
        await using var host = await StartAsync("127.0.0.1");
        using var client = ClientOf(host, TypicalHeader, inPieces: true);
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(client));

        var received = new ReadOnlySequence<byte>([.. TypicalHeader, 0x16, 0x03]);
        Assert.Equal(ProxyHeaderState.Whole, ProxyHeader.Read(received, out var end, out var told));
        Assert.Equal("192.0.2.7:1000", told!.ToString());
        Assert.Equal<byte>([0x16, 0x03], received.Slice(end).ToArray());
        for (var length = 0; length < TypicalHeader.Length; length++)
            Assert.Equal(ProxyHeaderState.Incomplete, ProxyHeader.Read(new ReadOnlySequence<byte>(TypicalHeader, 0, length), out _, out _));
    }

    [Fact]
    public async Task Whatever_else_a_balancer_sends_is_cut()
    {
        await using var host = await StartAsync("127.0.0.1");
        foreach (var (what, bytes) in Refused)
        {
            Assert.True(ProxyHeader.Read(new ReadOnlySequence<byte>(bytes), out _, out _) == ProxyHeaderState.Refused, what);
            Assert.True(await IsCutAsync(host, bytes), what);
        }

        using var without = ClientOf(host, []);
        await Assert.ThrowsAsync<HttpRequestException>(() => TryAsync(without));
        using var with = ClientOf(host, TypicalHeader); // and it serves on
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(with));
    }

    [Fact]
    public async Task One_that_is_not_sent_in_time_is_cut()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var host = await StartAsync("127.0.0.1", time);
        foreach (var beginning in (byte[][])[[], TypicalHeader[..7], TypicalHeader[..20]])
        {
            var cut = IsCutAsync(host, beginning);
            while (!cut.IsCompleted)
            {
                time.Advance(ProxyProtocol.Patience);
                await Task.WhenAny(cut, Task.Delay(20));
            }

            Assert.True(await cut);
        }
    }

    [Fact]
    public async Task Nobody_else_may_send_one()
    {
        foreach (var balancers in (string[])["", "192.0.2.0/24; 2001:db8::1"])
        {
            await using var host = await StartAsync(balancers);
            using var with = ClientOf(host, TypicalHeader);
            await Assert.ThrowsAsync<HttpRequestException>(() => TryAsync(with));
            Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(host.Http));
        }
    }

    [Fact]
    public void What_is_no_address_is_named()
    {
        var result = new ListenValidation().Validate(null, new ListenOptions { ProxyProtocolFrom = "10.0.0.0/8; balancer.example.com" });
        var failure = Assert.Single(result.Failures!);
        Assert.Contains("Listen:ProxyProtocolFrom", failure, StringComparison.Ordinal);
        Assert.Contains("balancer.example.com", failure, StringComparison.Ordinal);
    }

    private static Task<ControllerHost> StartAsync(string balancers, TimeProvider? time = null) => ControllerHost.StartAsync(time, new Dictionary<string, string?>
    {
        ["Listen:ProxyProtocolFrom"] = balancers,
        ["Access:TriesPerAddress"] = "1",
        ["Access:TryComesBackAfter"] = "01:00:00",
    });

    private static async Task<HttpStatusCode> TryAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync(
            "/admin/login", new LoginRequest("local", $"{Guid.NewGuid()}", "wrong", Guid.NewGuid()), AdminJson.Default.LoginRequest);
        return response.StatusCode;
    }

    /// <summary>A client whose connections begin with these bytes.</summary>
    private static HttpClient ClientOf(ControllerHost host, byte[] header, bool inPieces = false)
    {
        var pin = host.Pin;
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => pin == ControllerHost.PinOf((X509Certificate2)certificate!) },
            ConnectCallback = async (_, token) =>
            {
                var stream = await ConnectAsync(host, token);
                foreach (var piece in inPieces ? header.Chunk(1) : [header])
                    await stream.WriteAsync(piece, token);
                return stream;
            },
        })
        { BaseAddress = host.Address };
    }

    private static async Task<NetworkStream> ConnectAsync(ControllerHost host, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port, cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Waits until the other side ends the connection, and looks that it has said nothing before.</summary>
    private static async Task<bool> IsCutAsync(ControllerHost host, byte[] bytes)
    {
        await using var stream = await ConnectAsync(host);
        await stream.WriteAsync(bytes);
        try
        {
            return await stream.ReadAsync(new byte[1]) == 0;
        }
        catch (IOException)
        {
            return true; // reset
        }
    }

    private static byte[] Header(byte command, byte family, byte[] payload)
    {
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, 0, 0, .. payload];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)payload.Length);
        return header;
    }

    private static byte[] Addresses(string source, string destination) =>
        [.. IPAddress.Parse(source).GetAddressBytes(), .. IPAddress.Parse(destination).GetAddressBytes(), 1000 >> 8, 1000 & 0xff, 8443 >> 8, 8443 & 0xff];
}
