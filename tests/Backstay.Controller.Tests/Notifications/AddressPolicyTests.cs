using System.Net;
using Backstay.Controller.Notifications;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Notifications;

public sealed class AddressPolicyTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("192.0.0.192")]
    [InlineData("224.0.0.1")]
    [InlineData("239.255.255.250")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("febf:ffff::1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("2002:a9fe:a9fe::")]
    [InlineData("2001:0:7f00:1::1")]
    [InlineData("2001:0:808:808:0:0:80ff:fffe")]
    [InlineData("2001:db8::5efe:127.0.0.1")]
    [InlineData("2001:db8::200:5efe:169.254.169.254")]
    public void Addresses_that_trust_their_neighbours_are_refused(string address) =>
        Assert.NotNull(Policy().Refusal(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("1.0.0.0")]
    [InlineData("126.255.255.255")]
    [InlineData("128.0.0.1")]
    [InlineData("169.253.255.255")]
    [InlineData("169.255.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("10.1.2.3")]
    [InlineData("172.16.0.1")]
    [InlineData("192.168.1.1")]
    [InlineData("100.64.0.1")]
    [InlineData("fd12:3456:789a::1")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::8.8.8.8")]
    [InlineData("2002:808:808::1")]
    public void Public_and_private_addresses_are_not(string address) => Assert.Null(Policy().Refusal(IPAddress.Parse(address)));

    [Fact]
    public void The_operator_allows_networks_in_every_form_of_their_addresses()
    {
        var policy = Policy(allowed: ["127.0.0.1/32", "fe80::/10"]);
        Assert.Null(policy.Refusal(IPAddress.Parse("127.0.0.1")));
        Assert.Null(policy.Refusal(IPAddress.Parse("::ffff:127.0.0.1")));
        Assert.Null(policy.Refusal(IPAddress.Parse("fe80::1")));
        Assert.NotNull(policy.Refusal(IPAddress.Parse("127.0.0.2")));
        Assert.NotNull(policy.Refusal(IPAddress.Parse("::1")));
    }

    [Fact]
    public void The_operator_refuses_networks_and_allows_a_part_of_them()
    {
        var policy = Policy(allowed: ["10.9.0.0/16"], refused: ["10.0.0.0/8"]);
        Assert.NotNull(policy.Refusal(IPAddress.Parse("10.1.2.3")));
        Assert.NotNull(policy.Refusal(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.NotNull(policy.Refusal(IPAddress.Parse("2002:a01:203::1")));
        Assert.Null(policy.Refusal(IPAddress.Parse("10.9.2.3")));
    }

    private static AddressPolicy Policy(string[]? allowed = null, string[]? refused = null) =>
        new(Options.Create(new NotificationOptions { AllowedNetworks = allowed ?? [], RefusedNetworks = refused ?? [] }));
}
