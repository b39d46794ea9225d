using Backstay.Controller.Notifications;
using Microsoft.Extensions.Options;

namespace Backstay.Controller.Tests.Notifications;

public sealed class NotifyUrlPolicyTests
{
    [Theory]
    [InlineData("https://example.com/hook")]
    [InlineData("http://example.com:8080/hook?token=x#part")]
    [InlineData("https://10.1.2.3/")]
    [InlineData("https://[2606:4700::1111]/")]
    [InlineData("https://localhost.example.com/")]
    [InlineData("https://b\u00fccher.example/")]
    public void A_url_that_can_be_notified_is_taken(string url) => Assert.Null(Policy().Check(url));

    [Theory]
    [InlineData("")]
    [InlineData("/hook")]
    [InlineData("example.com/hook")]
    [InlineData("//example.com/hook")]
    [InlineData("ftp://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://example.com/")]
    [InlineData("http://")]
    [InlineData("http:///hook")]
    [InlineData("https://example.com:99999/")]
    public void What_is_not_an_absolute_http_url_is_refused(string url) =>
        Assert.Equal("notifyUrl isn't an absolute http or https URL.", Policy().Check(url));

    [Theory]
    [InlineData("https://user@example.com/")]
    [InlineData("https://user:secret@example.com/")]
    [InlineData("http://example.com@127.0.0.1/")]
    public void Credentials_are_refused_and_not_repeated(string url)
    {
        var refusal = Policy().Check(url);
        Assert.Contains("user name or password", refusal, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1/")]
    [InlineData("http://127.1/")]
    [InlineData("http://2130706433/")]
    [InlineData("http://0x7f000001/")]
    [InlineData("http://0x7f.0.0.1/")]
    [InlineData("http://0177.0.0.1/")]
    [InlineData("http://017700000001/")]
    [InlineData("http://127.0.0.1./")]
    [InlineData("http://0/")]
    [InlineData("http://0.0.0.0:8443/")]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[::1]/")]
    [InlineData("http://[::]/")]
    [InlineData("http://[::ffff:127.0.0.1]/")]
    [InlineData("http://[::ffff:7f00:1]/")]
    [InlineData("http://[0:0:0:0:0:0:0:1]/")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://[64:ff9b::7f00:1]/")]
    [InlineData("http://localhost/")]
    [InlineData("http://LOCALHOST:80/")]
    [InlineData("http://localhost./")]
    [InlineData("http://anything.localhost/")]
    public void A_refused_address_is_refused_however_it_is_spelled(string url)
    {
        var refusal = Policy().Check(url);
        Assert.Contains("Notifications:AllowedNetworks", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_operator_allows_is_taken()
    {
        var policy = Policy("127.0.0.0/8");
        Assert.Null(policy.Check("http://127.0.0.1/"));
        Assert.Null(policy.Check("http://localhost/"));
        Assert.NotNull(policy.Check("http://[::1]/"));
    }

    [Fact]
    public void An_endless_url_is_refused() =>
        Assert.Contains("2048", Policy().Check("https://example.com/" + new string('a', 2048)), StringComparison.Ordinal);

    private static NotifyUrlPolicy Policy(params string[] allowed) =>
        new(new AddressPolicy(Options.Create(new NotificationOptions { AllowedNetworks = allowed })));
}
