using Backstay.Cli.Connection;
using Backstay.Cli.Tests.Running;

namespace Backstay.Cli.Tests.Connection;

public sealed class CertificateTrustTests
{
    [Fact]
    public async Task An_unknown_key_is_refused_where_nobody_can_be_asked()
    {
        await using var peer = await Peer.StartAsync();
        var environment = peer.Environment();
        environment.Remove("BACKSTAY_TRUST_PIN");

        var list = await CliProcess.RunAsync(["appliance", "list", "-o", "json"], environment);

        Assert.Equal(6, list.ExitCode);
        Assert.Contains("\"certificate-unknown\"", list.Error, StringComparison.Ordinal);
        Assert.Contains(peer.Pin, list.Error, StringComparison.Ordinal);
        Assert.Empty(peer.Requests);
    }

    [Fact]
    public async Task A_changed_key_is_refused_with_what_to_do_and_nothing_is_sent()
    {
        using var folder = new TemporaryFolder();
        var home = new Dictionary<string, string>
        {
            ["BACKSTAY_CONFIG"] = folder.File("config.json"),
            ["BACKSTAY_PASSWORD"] = Peer.Password,
        };
        int port;
        await using (var known = await Peer.StartAsync())
        {
            port = known.Address.Port;
            var login = await CliProcess.RunAsync(
                ["login", "--controller", $"{known.Address}", "--trust-pin", known.Pin, "-u", "admin"], home);
            Assert.True(login.ExitCode == 0, login.ToString());
        }

        await using var stranger = await Peer.StartAsync(port: port);
        foreach (var command in new string[][] { ["appliance", "list"], ["login", "-u", "admin"] })
        {
            var refused = await CliProcess.RunAsync(command, home);
            Assert.Equal(6, refused.ExitCode);
            Assert.Contains("IS NOT THE TRUSTED ONE", refused.Error, StringComparison.Ordinal);
            Assert.Contains($"--trust-pin {stranger.Pin}", refused.Error, StringComparison.Ordinal);
        }

        Assert.Empty(stranger.Requests);
        var trusted = await CliProcess.RunAsync(["login", "-u", "admin", "--trust-pin", stranger.Pin], home);
        Assert.True(trusted.ExitCode == 0, trusted.ToString());
    }

    [Theory]
    [InlineData("//8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("+w8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    public void A_pin_that_begins_with_a_slash_or_has_a_plus_is_a_pin(string base64)
    {
        foreach (var prefix in new[] { "", "sha256/", "sha256//" })
            Assert.Equal($"sha256/{base64}", SeenCertificate.NormalPin(prefix + base64));
    }

    [Theory]
    [InlineData("sha256/")]
    [InlineData("sha256//")]
    [InlineData("")]
    public async Task A_pin_can_be_written_as_here_as_for_curl_and_bare(string prefix)
    {
        await using var peer = await Peer.StartAsync();
        var environment = peer.Environment();
        environment["BACKSTAY_TRUST_PIN"] = prefix + peer.Pin["sha256/".Length..];

        Assert.Equal(0, (await CliProcess.RunAsync(["appliance", "list"], environment)).ExitCode);
    }

    [Fact]
    public async Task A_certificate_of_the_systems_roots_is_accepted_without_asking()
    {
        using var certificate = Peer.NewCertificateForLocalhost();
        await using var peer = await Peer.StartAsync(certificate);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("roots.pem"), certificate.ExportCertificatePem());
        var environment = peer.Environment();
        environment.Remove("BACKSTAY_TRUST_PIN");
        // OpenSSL's own way to say which roots the system has.
        environment["SSL_CERT_FILE"] = folder.File("roots.pem");

        var list = await CliProcess.RunAsync(["appliance", "list"], environment);

        Assert.True(list.ExitCode == 0, list.ToString());
    }

    [Fact]
    public async Task A_pin_that_is_given_counts_even_where_the_systems_roots_agree()
    {
        using var certificate = Peer.NewCertificateForLocalhost();
        await using var peer = await Peer.StartAsync(certificate);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("roots.pem"), certificate.ExportCertificatePem());
        var environment = peer.Environment();
        environment["SSL_CERT_FILE"] = folder.File("roots.pem");
        environment["BACKSTAY_TRUST_PIN"] = "sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

        Assert.Equal(6, (await CliProcess.RunAsync(["appliance", "list"], environment)).ExitCode);
    }

    [Theory]
    [InlineData("http://backup.example.com")]
    [InlineData("https://user:secret@backup.example.com")]
    [InlineData("https://backup.example.com/path")]
    [InlineData("https://")]
    public async Task An_address_that_would_leak_or_can_not_be_right_is_a_usage_error(string address)
    {
        var list = await CliProcess.RunAsync(["appliance", "list", "--controller", address]);

        Assert.Equal(2, list.ExitCode);
    }
}
