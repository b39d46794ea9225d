using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Backstay.Controller.Catalog;
using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;
using Microsoft.Extensions.DependencyInjection;

namespace Backstay.Controller.Tests.Notifications;

/// <summary>The address is checked where the connection is made, whatever got past the check of the URL.</summary>
public sealed class CheckedConnectionTests : IAsyncLifetime
{
    private Receiver _receiver = null!;

    public async ValueTask InitializeAsync() => _receiver = await Receiver.StartAsync();

    public ValueTask DisposeAsync() => _receiver.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")]
    [InlineData("0x7f000001")]
    [InlineData("017700000001")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("localhost")]
    [InlineData("receiver.test")]
    public async Task A_refused_address_is_not_connected_to(string hostInUrl)
    {
        await using var host = await ControllerHost.StartAsync(services: services => services.AddSingleton<HostResolver>(
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback])));
        var delivery = await host.EndBackupAsync($"http://{hostInUrl}:{_receiver.Port}/hook");
        await IsRefusedAsync(host, delivery);
    }

    [Fact]
    public async Task A_name_with_one_refused_address_among_others_is_not_connected_to()
    {
        await using var host = await ControllerHost.StartAsync(
            settings: Notifying.LoopbackAllowed,
            services: services => services.AddSingleton<HostResolver>(
                (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback, IPAddress.Parse("169.254.169.254")])));
        var delivery = await host.EndBackupAsync($"http://receiver.test:{_receiver.Port}/hook");
        await IsRefusedAsync(host, delivery);
    }

    [Fact]
    public async Task The_address_that_was_checked_is_the_one_that_is_connected_to()
    {
        // A name server that answers with an allowed address first and with a refused one from then on. Nobody else knows the name:
        // a second look-up anywhere would fail, or meet the refused address.
        var asked = new ConcurrentQueue<string>();
        await using var host = await ControllerHost.StartAsync(
            settings: Notifying.LoopbackAllowed,
            services: services => services.AddSingleton<HostResolver>((name, _) =>
            {
                asked.Enqueue(name);
                return Task.FromResult<IPAddress[]>([asked.Count == 1 ? IPAddress.Loopback : IPAddress.Parse("127.0.0.2")]);
            }));
        var delivery = await host.EndBackupAsync($"http://rebinding.test:{_receiver.Port}/hook");
        await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.Equal("rebinding.test", Assert.Single(asked));
    }

    [Fact]
    public async Task A_second_address_is_tried_when_nobody_listens_at_the_first()
    {
        await using var host = await ControllerHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Notifications:AllowedNetworks:0"] = "127.0.0.0/8" },
            services: services => services.AddSingleton<HostResolver>(
                (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.9"), IPAddress.Loopback])));
        var delivery = await host.EndBackupAsync($"http://two.test:{_receiver.Port}/hook");
        await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_a_failed_try()
    {
        await using var host = await ControllerHost.StartAsync();
        var delivery = await host.EndBackupAsync("http://no-such-name.invalid/hook");
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.Equal("The host's name can't be resolved.", tried.Tries[0].Error);
    }

    [Fact]
    public async Task A_port_without_a_listener_is_a_failed_try()
    {
        await using var host = await ControllerHost.StartAsync(settings: Notifying.LoopbackAllowed);
        var delivery = await host.EndBackupAsync("http://127.0.0.1:1/hook");
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.StartsWith("No connection: ", tried.Tries[0].Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_without_tls_behind_an_https_url_gets_nothing()
    {
        await using var host = await ControllerHost.StartAsync(settings: Notifying.LoopbackAllowed);
        var delivery = await host.EndBackupAsync($"https://127.0.0.1:{_receiver.Port}/hook");
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.StartsWith("No TLS connection: ", tried.Tries[0].Error, StringComparison.Ordinal);
        Assert.Empty(_receiver.All);
    }

    [Fact]
    public async Task A_certificate_that_nobody_vouches_for_is_not_trusted()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        var request = new CertificateRequest("CN=receiver", key, HashAlgorithmName.SHA256) { CertificateExtensions = { names.Build() } };
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using var receiver = await Receiver.StartAsync(certificate);
        await using var host = await ControllerHost.StartAsync(settings: Notifying.LoopbackAllowed);
        var delivery = await host.EndBackupAsync(receiver.Url);
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.StartsWith("No TLS connection: ", tried.Tries[0].Error, StringComparison.Ordinal);
        Assert.Empty(receiver.All);
    }

    [Fact]
    public async Task An_address_that_swallows_packets_does_not_use_up_the_time_of_the_next()
    {
        // A full accept queue: Linux answers no further SYN.
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.9"), _receiver.Port));
        full.Listen(1);
        var fillers = new List<Socket>();
        for (var i = 0; i < 8; i++)
        {
            fillers.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false });
            Assert.Throws<SocketException>(() => fillers[^1].Connect(full.LocalEndPoint!));
        }

        await using var host = await ControllerHost.StartAsync(
            settings: new Dictionary<string, string?> { ["Notifications:AllowedNetworks:0"] = "127.0.0.0/8" },
            services: services => services.AddSingleton<HostResolver>(
                (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("127.0.0.9"), IPAddress.Loopback])));
        var delivery = await host.EndBackupAsync($"http://two.test:{_receiver.Port}/hook");
        var delivered = await host.UntilAsync(delivery.Id, d => d.State == DeliveryState.Delivered);
        Assert.InRange(Assert.Single(delivered.Tries).Milliseconds, 1000, 9999);
        fillers.ForEach(socket => socket.Dispose());
    }

    private async Task IsRefusedAsync(ControllerHost host, DeliveryEntity delivery)
    {
        var tried = await host.UntilTriedAsync(delivery.Id, 1);
        Assert.Equal(DeliveryState.Pending, tried.State);
        Assert.Null(tried.Tries[0].StatusCode);
        Assert.Contains("an address that isn't notified", tried.Tries[0].Error, StringComparison.Ordinal);
        Assert.Empty(_receiver.All);
    }
}
