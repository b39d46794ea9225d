using Backstay.Controller.Notifications;
using Backstay.Protocol.Admin;

namespace Backstay.Controller.Tests.Notifications;

public sealed class WebhookSignatureTests
{
    // The secret, id, time and body of the Standard Webhooks reference libraries; the signature was made with openssl dgst.
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Body = """{"test": 2432232314}""";
    private const string Signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static readonly WebhookSecret Secret = new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    private static readonly DateTimeOffset Time = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    [Fact]
    public void The_published_example_gets_the_signature_that_openssl_makes() =>
        Assert.Equal(Signature, WebhookSignature.Header(Secret, Id, Time, Body));

    [Fact]
    public void An_old_secret_signs_too_while_it_is_there()
    {
        var signatures = WebhookSignature.Header(new WebhookSecret(WebhookSignature.NewSecret(), Secret.Secret), Id, Time, Body).Split(' ');
        Assert.Equal(2, signatures.Length);
        Assert.Equal(Signature, signatures[1]);
        Assert.NotEqual(Signature, signatures[0]);
    }

    [Fact]
    public void A_new_secret_is_256_random_bits_in_the_form_of_the_specification()
    {
        var (one, other) = (WebhookSignature.NewSecret(), WebhookSignature.NewSecret());
        Assert.StartsWith("whsec_", one, StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(one["whsec_".Length..]).Length);
        Assert.NotEqual(one, other);
    }
}
